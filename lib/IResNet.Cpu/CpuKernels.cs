using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace IResNet.Cpu;

/// <summary>What the backend computes with: the kernels for vectors of one width.</summary>
internal abstract class CpuKernels
{
    /// <summary>Those of all widths that this processor has, and that .NET was not told to leave alone; widest
    /// first.</summary>
    public static IReadOnlyList<CpuKernels> Offered { get; } = [.. Find()];

    /// <summary>The instruction set, for people.</summary>
    public abstract string Name { get; }

    /// <summary>Examples that lie side by side.</summary>
    public abstract int Lanes { get; }

    /// <summary>Whether a convolutional step is better taken as matrix products.</summary>
    public abstract bool TakesMatrixProducts(long examples, long hidden);

    /// <summary>The kernels for branches, by the type of their activations.</summary>
    public abstract IReadOnlyDictionary<Type, BranchKernels> Branches { get; }

    /// <summary>Whether there is a power iteration for a kind of layer.</summary>
    public abstract bool Knows(SpectralLayer layer);

    /// <summary>See <see cref="Backend.Normalize"/>.</summary>
    public abstract IReadOnlyList<Tensor> Normalize(CpuResources resources, IReadOnlyList<SpectralLayer> layers);

    /// <summary>See <see cref="Backend.Affine"/>.</summary>
    public abstract Tensor Affine(CpuResources resources, Tensor x, Tensor logScale, Tensor shift);

    private static IEnumerable<CpuKernels> Find()
    {
        if (Avx512F.IsSupported)
            yield return new CpuKernels<Floats16>();
        if (Avx2.IsSupported && Fma.IsSupported)
            yield return new CpuKernels<Floats8>();
        if (Vector128.IsHardwareAccelerated)
            yield return new CpuKernels<Floats4>();
    }
}

/// <summary>The kernels for one kind of vector.</summary>
internal sealed class CpuKernels<TVector> : CpuKernels
    where TVector : unmanaged, IVector<TVector>
{
    /// <inheritdoc/>
    public override string Name => TVector.Name;

    /// <inheritdoc/>
    public override int Lanes => TVector.Lanes;

    /// <inheritdoc/>
    public override bool TakesMatrixProducts(long examples, long hidden) =>
        GemmStep.IsBetter<TVector>(examples, hidden);

    /// <inheritdoc/>
    public override IReadOnlyDictionary<Type, BranchKernels> Branches { get; } =
        new Dictionary<Type, BranchKernels>
        {
            [typeof(Elu)] = new BranchKernels<TVector, VectorElu<TVector>>(),
            [typeof(Softplus)] = new BranchKernels<TVector, VectorSoftplus<TVector>>(),
            [typeof(LipSwish)] = new BranchKernels<TVector, VectorLipSwish<TVector>>(),
            [typeof(Relu)] = new BranchKernels<TVector, VectorRelu<TVector>>(),
        };

    /// <inheritdoc/>
    public override bool Knows(SpectralLayer layer) => PowerIteration<TVector>.Of(layer) is not null;

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Normalize(CpuResources resources, IReadOnlyList<SpectralLayer> layers) =>
        SpectralNormFunction<TVector>.Apply(resources, layers);

    /// <inheritdoc/>
    public override Tensor Affine(CpuResources resources, Tensor x, Tensor logScale, Tensor shift) =>
        ChannelAffineFunction<TVector>.Apply(resources, x, logScale, shift);
}
