namespace IResNet.Experiments.Data;

/// <summary>A random linear map of an image's plane about its middle: a little rotation, shear and scale.</summary>
internal static class Warp
{
    /// <summary>
    /// The image whose pixel at u from the middle is the given one's at (I + M) u, the entries of M uniform in
    /// [-most, most]: linear between pixels, the border mirrored, grey levels rounded.
    /// </summary>
    /// <param name="image">Pixels, channel after channel.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="most">The largest entry, below ½.</param>
    /// <param name="random">The stream of M.</param>
    public static byte[] Of(ReadOnlySpan<byte> image, ImageShape shape, double most, ref Philox random)
    {
        var (height, width) = (shape.Height, shape.Width);
        Span<double> map = stackalloc double[4];
        foreach (ref double entry in map)
            entry = most * (random.NextUInt32() * Math.ScaleB(1, -31) - 1);
        byte[] warped = new byte[image.Length];
        for (int i = 0; i < height; i++)
            for (int j = 0; j < width; j++)
            {
                var (u, v) = (i - (height - 1) / 2.0, j - (width - 1) / 2.0);
                var (top, bottom, down) = Between(i + map[0] * u + map[1] * v, height);
                var (left, right, across) = Between(j + map[2] * u + map[3] * v, width);
                for (int start = 0; start < image.Length; start += height * width)
                {
                    double above = Mixed(image[start + top * width + left], image[start + top * width + right], across),
                        below = Mixed(
                            image[start + bottom * width + left],
                            image[start + bottom * width + right],
                            across
                        );
                    warped[start + i * width + j] = (byte)Math.Round(Mixed(above, below, down));
                }
            }
        return warped;
    }

    /// <summary>The two pixels about a position, and how far it is from the first to the second.</summary>
    private static (int first, int second, double share) Between(double position, int length)
    {
        int before = (int)Math.Floor(position);
        return (Mirror.Inside(before, length), Mirror.Inside(before + 1, length), position - before);
    }

    private static double Mixed(double first, double second, double share) => first + share * (second - first);
}
