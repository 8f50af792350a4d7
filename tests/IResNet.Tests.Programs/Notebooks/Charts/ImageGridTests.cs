using IResNet.Notebooks;
using SkiaSharp;
using TorchSharp;
using Xunit;

namespace IResNet.Tests.Programs.Notebooks;

public class ImageGridTests
{
    // The first image begins after the margin; its pixels are enlarged by this factor.
    private const int Margin = 8,
        Scale = 8;

    [Fact]
    public void PixelsAreEnlargedWithoutSmoothing()
    {
        using var image = torch.tensor(new float[] { 0, 1, 0.5f, float.NaN }).reshape(1, 1, 2, 2);
        using var png = Png(Charts.Images(image));
        SKColor[,] expected =
        {
            { SKColors.Black, SKColors.White },
            { new(128, 128, 128), SKColors.Magenta },
        };
        for (int y = 0; y < 2 * Scale; y++)
            for (int x = 0; x < 2 * Scale; x++)
                Assert.Equal(expected[y / Scale, x / Scale], png.GetPixel(Margin + x, Margin + y));
    }

    [Fact]
    public void ChannelsAreRedGreenAndBlue()
    {
        using var image = torch.tensor(new float[] { 1, 0.2f, 0 }).reshape(1, 3, 1, 1);
        using var png = Png(Charts.Images(image));
        Assert.Equal(new SKColor(255, 51, 0), png.GetPixel(Margin, Margin));
    }

    [Fact]
    public void BytesAndStatedRangesAreScaledAndClipped()
    {
        using var bytes = torch.tensor(new byte[] { 0, 51, 255 }).reshape(1, 1, 1, 3);
        using var centred = torch.tensor(new[] { -0.5, -0.3, 7 }).reshape(1, 1, 1, 3);
        foreach (
            var grid in new[]
            {
                Charts.Images(bytes),
                Charts.Images(centred, range: (-0.5, 0.5)),
                Charts.Images((-0.5, 0.5), ("", centred)),
            }
        )
        {
            using var png = Png(grid);
            Assert.Equal(
                [0, 51, 255],
                Enumerable.Range(0, 3).Select(i => (int)png.GetPixel(Margin + i * Scale, Margin).Red)
            );
        }
    }

    [Fact]
    public void EachBatchHasRowsOfItsOwnAndEmptyOnesSaySo()
    {
        using var ten = torch.zeros(10, 1, 4, 4);
        using var none = torch.zeros(0, 3, 4, 4);
        var grid = Charts.Images(("original", ten), ("reconstruction", ten), ("none", none));
        using var png = Png(grid);
        Assert.True(png.Width > png.Height);
        Assert.Equal(20, grid.Count);
        Assert.Equal("images: original 10 of 4x4, reconstruction 10 of 4x4, none 0 of 4x4", grid.ToString());
    }

    [Fact]
    public void ManyAndLargeImagesStayDrawable()
    {
        using var many = torch.zeros(3000, 1, 28, 28, dtype: torch.uint8);
        using var large = torch.zeros(2, 3, 600, 600, dtype: torch.uint8);
        foreach (var tensor in new[] { many, large })
        {
            using var png = Png(Charts.Images(tensor));
            Assert.InRange(png.Width, 100, 1500);
            Assert.InRange(png.Height, 100, 4000);
        }
        Assert.Contains("256 of 3000", Charts.Images(("all", many)).ToString());
    }

    [Fact]
    public void OtherShapesAreRefused()
    {
        using var flat = torch.zeros(3, 4, 4);
        using var twoChannels = torch.zeros(1, 2, 4, 4);
        Assert.Contains("[3, 4, 4]", Assert.Throws<ArgumentException>(() => Charts.Images(flat)).Message);
        Assert.Contains("[1, 2, 4, 4]", Assert.Throws<ArgumentException>(() => Charts.Images(twoChannels)).Message);
        Assert.Throws<ArgumentException>(() => Charts.Images());
        using var image = torch.zeros(1, 1, 4, 4);
        Assert.Throws<ArgumentException>(() => Charts.Images(image, range: (1, 0)));
    }

    [Fact]
    public void TheGridOutlivesItsTensorsAndLeaksNone()
    {
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        ImageGrid grid;
        using (var image = torch.ones(1, 1, 2, 2))
            grid = Charts.Images(image);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        using var png = Png(grid);
        Assert.Equal(SKColors.White, png.GetPixel(Margin, Margin));
    }

    private static SKBitmap Png(ImageGrid grid) => SKBitmap.Decode(grid.ToPng());
}
