using System.Runtime.Intrinsics.X86;
using IResNet.Cpu;

namespace IResNet.Tests.Cpu;

/// <summary>The kernels under test, whatever backend the process uses.</summary>
internal static class Kernels
{
    private static readonly CpuBackend Backend = new();

    /// <summary>Memory and threads for functions that are called directly.</summary>
    public static CpuResources Resources { get; } = new();

    /// <summary>The activations that they know.</summary>
    public static IReadOnlyList<ActivationKind> Activations { get; } =
    [ActivationKind.Elu, ActivationKind.Softplus, ActivationKind.LipSwish, ActivationKind.Relu];

    /// <summary>Those for a branch, with sixteen floats a vector.</summary>
    public static BranchKernels Of(SequentialBranch branch) =>
        new CpuKernels<Floats16>().Branches[branch.Activations[0].GetType()];

    /// <summary>Skips the test on a processor that has no kernels.</summary>
    public static void Need() => Assert.SkipUnless(Avx512F.IsSupported, "The kernels need AVX-512.");

    /// <summary>Makes them the current backend until the result is disposed.</summary>
    public static IDisposable Use()
    {
        Need();
        return IResNet.Backends.Use(Backend);
    }
}
