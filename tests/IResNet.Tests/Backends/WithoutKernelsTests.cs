using System.Runtime.Intrinsics.X86;

namespace IResNet.Tests.Backends;

/// <summary>Of a process whose processor has no AVX-512: the reference serves, and the reason is said.</summary>
public class WithoutKernelsTests
{
    [Fact]
    public void TheReasonIsTheProcessor()
    {
        Assert.SkipWhen(Avx512F.IsSupported, "This processor has AVX-512; a child process runs this without.");
        using var flow = new ToyFlow(1);
        var explanation = flow.Explain(zeros(5, 2));
        Assert.All(explanation, route => Assert.Equal("reference", route.Backend));
        Assert.Contains(explanation, route => route.WhyNot!.Contains("AVX-512", StringComparison.Ordinal));
    }
}
