using IResNet.Experiments.Data;

namespace IResNet.Tests.Programs.Experiments.Data;

/// <summary>Data made in a test.</summary>
internal static class SmallData
{
    /// <summary>Random images; the label of image i is i mod 10.</summary>
    public static ImageSplit Images(int count, ImageShape shape, int seed = 1)
    {
        byte[] pixels = new byte[count * shape.Dimensions];
        new Random(seed).NextBytes(pixels);
        return new(shape, pixels, Enumerable.Range(0, count).Select(i => (byte)(i % 10)).ToArray());
    }

    /// <summary>Images of one pixel each, which tells the image: its value is the index. At most 256.</summary>
    public static ImageSplit Numbered(int count) =>
        new(
            new(1, 1, 1),
            Enumerable.Range(0, count).Select(i => (byte)i).ToArray(),
            Enumerable.Range(0, count).Select(i => (byte)(i % 10)).ToArray()
        );
}
