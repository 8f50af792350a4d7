using IResNet.Notebooks;

namespace IResNet.Tests.Programs.Notebooks;

public class ChartFontTests
{
    [Fact]
    public void WithoutAnyFontTheBuiltInOneIsTaken()
    {
        Assert.Equal(ChartFont.BuiltIn, ChartFont.Find([]));
        Assert.Equal("Other", ChartFont.Find(["Other"]));
        Assert.Equal("DejaVu Sans", ChartFont.Find(["Other", "DejaVu Sans"]));
    }

    [Fact]
    public void TheBuiltInFontHasWhatChartsWrite()
    {
        using var typeface = ChartFont.LoadBuiltIn();
        const string text = "ABCXYZabcxyz0123456789 .,:;()[]+-=/%<>^_±×";
        Assert.DoesNotContain((ushort)0, typeface.GetGlyphs(text));
        Assert.Contains((ushort)0, typeface.GetGlyphs("漢"));
    }
}
