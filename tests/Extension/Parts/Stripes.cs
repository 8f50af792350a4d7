using IResNet.Experiments.Data;

namespace Extension.Parts;

/// <summary>A data set: grey stripes of 8x8 pixels, upright or across, with some noise. The class is the
/// direction.</summary>
internal static class Stripes
{
    public static readonly ImageShape Shape = new(1, 8, 8);

    public static ImageDataSet Create(int train = 192, int test = 64)
    {
        var random = new Random(1);
        var (images, labels) = (new byte[(train + test) * Shape.Dimensions], new byte[train + test]);
        for (int i = 0; i < images.Length; i++)
        {
            int image = i / Shape.Dimensions,
                line = image % 2 == 0 ? i % 8 : i / 8 % 8;
            labels[image] = (byte)(image % 2);
            images[i] = (byte)((line / 2 % 2 == 0 ? 60 : 160) + random.Next(50));
        }
        var all = new ImageSplit(Shape, images, labels);
        return new("stripes", ["upright", "across"], all[..train], all[train..]);
    }
}
