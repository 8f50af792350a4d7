using System.Runtime.Intrinsics.X86;

namespace IResNet.Tests.Backends;

/// <summary>
/// The widest vectors that the processor has serve. Processes whose processor has no wider ones run this, too.
/// </summary>
public class VectorWidthTests
{
    [Fact]
    public void SixteenFloats()
    {
        Assert.SkipUnless(Avx512F.IsSupported, "This processor has no AVX-512.");
        Serves("AVX-512");
    }

    [Fact]
    public void EightFloats()
    {
        Assert.SkipWhen(Avx512F.IsSupported, "This processor has AVX-512; a child process runs this without.");
        Assert.SkipUnless(Avx2.IsSupported, "This processor has no AVX2.");
        Serves("AVX2");
    }

    [Fact]
    public void FourFloats()
    {
        Assert.SkipWhen(Avx2.IsSupported, "This processor has AVX2; a child process runs this without.");
        Serves("128 bits");
    }

    private static void Serves(string name)
    {
        using var flow = new ToyFlow(1);
        var explanation = flow.Explain(zeros(5, 2));
        Assert.Contains(name, explanation.Current);
        Assert.Equal("cpu", explanation.First(route => route.Part == "step").Backend);
    }
}
