namespace IResNet.Cpu;

/// <summary>
/// Feature maps of a single example: every channel a plane with a border of one zero on each side, rows one after the
/// other. Pixels are the lanes: with the border, a tap of a 3x3 kernel is a constant shift of the whole plane, so a
/// convolution runs over it as over one long vector. What it writes into the border is cleared again.
/// </summary>
internal readonly unsafe struct PaddedPlanes(int height, int width)
{
    /// <summary>The most floats that kernels handle at once; they may write past the end of a plane by one
    /// less.</summary>
    public const int Chunk = 64;

    /// <summary>Floats from one row to the next.</summary>
    public int Row => width + 2;

    /// <summary>Floats from the start of a plane to its first pixel.</summary>
    public int First => Row + 1;

    /// <summary>Floats from the first pixel to behind the last one.</summary>
    public int Span => (height - 1) * Row + width;

    /// <summary>Floats from one channel to the next.</summary>
    public int Plane => ((height + 2) * Row + 15) / 16 * 16 + Chunk;

    /// <summary>Floats of a map.</summary>
    public nint Size(int channels) => (nint)InterleavedLayout.RoundUp(channels) * Plane;

    /// <summary>Copies a vector of (channels, height, width) into a map; all else becomes zero.</summary>
    public void Load(float* vector, float* map, int channels)
    {
        new Span<float>(map, (int)Size(channels)).Clear();
        ForEachRow(vector, map, channels, toMap: true);
    }

    /// <summary>The way back.</summary>
    public void Store(float* map, float* vector, int channels) => ForEachRow(vector, map, channels, toMap: false);

    /// <summary>Zeroes what a convolution has written beside the rows.</summary>
    public void ClearBorder(float* map, int channels)
    {
        for (int channel = 0; channel < channels; channel++)
        {
            float* pixel = map + channel * (nint)Plane + First;
            new Span<float>(pixel - First, First).Clear();
            for (int row = 0; row < height - 1; row++)
                pixel[row * Row + width] = pixel[row * Row + width + 1] = 0;
            new Span<float>(pixel + Span, Plane - First - Span).Clear();
        }
    }

    private void ForEachRow(float* vector, float* map, int channels, bool toMap)
    {
        for (int channel = 0; channel < channels; channel++)
            for (int row = 0; row < height; row++)
            {
                var flat = new Span<float>(vector + ((nint)channel * height + row) * width, width);
                var padded = new Span<float>(map + channel * (nint)Plane + First + row * Row, width);
                if (toMap)
                    flat.CopyTo(padded);
                else
                    padded.CopyTo(flat);
            }
    }
}
