namespace IResNet.Cpu;

/// <summary>What the backend computes branches with: the kernels for one activation and vectors of one width.</summary>
internal abstract class BranchKernels
{
    /// <summary>A convolutional block, see <see cref="Backend.Step"/>.</summary>
    public abstract (Tensor y, Tensor? logDet) Step(
        CpuResources resources,
        ConvBranch branch,
        LogDetEstimator estimator,
        Tensor x
    );

    /// <summary>A dense block.</summary>
    public abstract (Tensor y, Tensor? logDet) Step(
        CpuResources resources,
        DenseBranch branch,
        LogDetEstimator estimator,
        Tensor x
    );

    /// <summary>See <see cref="Backend.Linearize"/>.</summary>
    public abstract Linearization Linearize(CpuResources resources, ConvBranch branch, Tensor x);

    /// <summary>See <see cref="Backend.Invert"/>.</summary>
    public abstract InverseResult Invert(CpuResources resources, ConvBranch branch, InverseSolver solver, Tensor y);
}

/// <summary>The kernels for one kind of vector and one activation.</summary>
internal sealed class BranchKernels<TVector, TActivation> : BranchKernels
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    /// <inheritdoc/>
    public override (Tensor y, Tensor? logDet) Step(
        CpuResources resources,
        ConvBranch branch,
        LogDetEstimator estimator,
        Tensor x
    ) => ConvBlockFunction<TVector, TActivation>.Apply(resources, branch, estimator, x);

    /// <inheritdoc/>
    public override (Tensor y, Tensor? logDet) Step(
        CpuResources resources,
        DenseBranch branch,
        LogDetEstimator estimator,
        Tensor x
    ) => DenseBlockFunction<TVector, TActivation>.Apply(resources, branch, estimator, x);

    /// <inheritdoc/>
    public override Linearization Linearize(CpuResources resources, ConvBranch branch, Tensor x) =>
        InterleavedLinearization<TVector, TActivation>.At(resources, branch, x);

    /// <summary>
    /// <see cref="Chebyshev"/> wholly in packed form; for other solvers the evaluations of g.
    /// </summary>
    public override InverseResult Invert(CpuResources resources, ConvBranch branch, InverseSolver solver, Tensor y) =>
        solver is Chebyshev chebyshev
            ? InterleavedInverse<TVector, TActivation>.Solve(resources, branch, chebyshev, y)
            : solver.Solve(
                new InterleavedEvaluation<TVector, TActivation>(resources, branch, y.shape).Evaluate,
                branch.LipschitzBound(),
                y
            );
}
