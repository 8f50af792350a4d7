namespace IResNet.Cpu;

/// <summary>
/// 3x3 convolutions as matrix products: a row of a patch map holds, for one pixel of one image, the nine neighbours in
/// every channel. Outside the image is zero.
/// </summary>
/// <param name="channels">Channels of the images.</param>
/// <param name="height">Height of the images.</param>
/// <param name="width">Width of the images.</param>
internal readonly unsafe struct Im2Col(int channels, int height, int width)
{
    /// <summary>Of a 3x3 kernel.</summary>
    public const int Taps = 9;

    private int Line => width + 2;

    private int Plane => (height + 2) * Line;

    /// <summary>Floats of scratch memory: one image with a border.</summary>
    public int ScratchSize => channels * Plane;

    /// <summary>Images to patches.</summary>
    /// <param name="images">In torch's layout.</param>
    /// <param name="count">Images.</param>
    /// <param name="reversed">Neighbours in reversed order: what a product with the kernel's taps spreads, instead of
    /// what it gathers.</param>
    /// <param name="map">Rows (image, pixel), columns (channel, tap).</param>
    /// <param name="stride">Floats from a row to the next.</param>
    /// <param name="scratch">Of <see cref="ScratchSize"/>.</param>
    public void Spread(float* images, int count, bool reversed, float* map, nint stride, float* scratch)
    {
        int* offsets = stackalloc int[Taps];
        Offsets(offsets, reversed);
        new Span<float>(scratch, ScratchSize).Clear();
        for (int image = 0; image < count; image++)
        {
            for (int channel = 0; channel < channels; channel++)
                for (int row = 0; row < height; row++, images += width)
                    new Span<float>(images, width).CopyTo(
                        new Span<float>(scratch + channel * Plane + (row + 1) * Line + 1, width)
                    );
            for (int row = 0; row < height; row++)
                for (int column = 0; column < width; column++, map += stride)
                {
                    float* corner = scratch + row * Line + column;
                    float* to = map;
                    for (int channel = 0; channel < channels; channel++, corner += Plane, to += Taps)
                        for (int tap = 0; tap < Taps; tap++)
                            to[tap] = corner[offsets[tap]];
                }
        }
    }

    /// <summary>The adjoint of <see cref="Spread"/>: every pixel is the sum of the entries that came from it.</summary>
    public void Gather(float* map, nint stride, int count, bool reversed, float* images, float* scratch)
    {
        int* offsets = stackalloc int[Taps];
        Offsets(offsets, reversed);
        for (int image = 0; image < count; image++)
        {
            new Span<float>(scratch, ScratchSize).Clear();
            for (int row = 0; row < height; row++)
                for (int column = 0; column < width; column++, map += stride)
                {
                    float* corner = scratch + row * Line + column;
                    float* from = map;
                    for (int channel = 0; channel < channels; channel++, corner += Plane, from += Taps)
                        for (int tap = 0; tap < Taps; tap++)
                            corner[offsets[tap]] += from[tap];
                }
            for (int channel = 0; channel < channels; channel++)
                for (int row = 0; row < height; row++, images += width)
                    new Span<float>(scratch + channel * Plane + (row + 1) * Line + 1, width).CopyTo(
                        new Span<float>(images, width)
                    );
        }
    }

    private void Offsets(int* offsets, bool reversed)
    {
        for (int tap = 0; tap < Taps; tap++)
        {
            int from = reversed ? Taps - 1 - tap : tap;
            offsets[tap] = from / 3 * Line + from % 3;
        }
    }
}
