namespace IResNet.Cpu;

/// <summary>
/// How feature maps lie in memory for the vector kernels: as many examples side by side as a register has lanes, and
/// around every channel's plane a border of one pixel, which stands for zero padding. A group of
/// examples is [channel][height + 2][width + 2][lane]. Any number of channels and any width then fill the registers,
/// which channels-first and channels-last layouts do for some only.
/// </summary>
internal sealed class InterleavedLayout
{
    /// <summary>Output channels, and the most pixels, that a convolution kernel holds in registers at once.</summary>
    public const int Tile = 4;

    private readonly int[] _pixels;

    private InterleavedLayout(int lanes, int height, int width, int row, int plane, int first)
    {
        (Lanes, Height, Width, Row, Plane, First) = (lanes, height, width, row, plane, first);
        _pixels = GC.AllocateUninitializedArray<int>(Pixels + Tile - 1, pinned: true);
        for (int i = 0; i < _pixels.Length; i++)
        {
            int pixel = Math.Min(i, Pixels - 1);
            _pixels[i] = pixel / width * Row + pixel % width * Lanes;
        }
    }

    /// <summary>Examples in a group, one in each lane of a vector.</summary>
    public int Lanes { get; }

    /// <summary>Height of the maps, without the border.</summary>
    public int Height { get; }

    /// <summary>Width of the maps, without the border.</summary>
    public int Width { get; }

    /// <summary>Floats from one row to the next.</summary>
    public int Row { get; }

    /// <summary>Floats from one channel to the next.</summary>
    public int Plane { get; }

    /// <summary>Pixels of a plane, without the border.</summary>
    public int Pixels => Height * Width;

    /// <summary>Floats from the start of a plane to its first pixel.</summary>
    public int First { get; }

    /// <summary>
    /// Floats from the first pixel to each pixel, in reading order; the last one is repeated for tiles that reach
    /// beyond it. In pinned memory.
    /// </summary>
    public unsafe int* Offsets => (int*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _pixels[0]);

    /// <summary>Of maps with a border, for 3x3 kernels.</summary>
    public static InterleavedLayout WithBorder(int lanes, int height, int width)
    {
        int row = (width + 2) * lanes;
        return new(lanes, height, width, row, (height + 2) * row, row + lanes);
    }

    /// <summary>One row without a border, for 1x1 kernels only. Planes may be longer than the row.</summary>
    public static InterleavedLayout Borderless(int lanes, int width, int plane) =>
        new(lanes, 1, width, width * lanes, plane, 0);

    /// <summary>Channels as allocated: kernels write whole tiles.</summary>
    public static int RoundUp(int channels) => (channels + Tile - 1) / Tile * Tile;

    /// <summary>
    /// Zeroes the border of every channel of a map, and the channels that only fill up its last tile.
    /// </summary>
    public unsafe void ClearBorder(float* map, int channels)
    {
        for (int channel = 0; channel < channels; channel++)
        {
            float* plane = map + channel * Plane;
            new Span<float>(plane, Row).Clear();
            new Span<float>(plane + Plane - Row, Row).Clear();
            for (int row = 1; row <= Height; row++)
            {
                new Span<float>(plane + row * Row, Lanes).Clear();
                new Span<float>(plane + (row + 1) * Row - Lanes, Lanes).Clear();
            }
        }
        new Span<float>(map + channels * (nint)Plane, (RoundUp(channels) - channels) * Plane).Clear();
    }
}
