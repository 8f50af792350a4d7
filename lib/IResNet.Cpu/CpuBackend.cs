using System.Runtime.Intrinsics.X86;

[assembly: IResNet.ProvidesBackend(typeof(IResNet.Cpu.CpuBackend))]

namespace IResNet.Cpu;

/// <summary>
/// Hand-written kernels for processors with AVX-512, in single precision: the paper's blocks (3x3, 1x1, 3x3
/// convolutions, or dense layers, with ELU between them), their inverses, and the spectral norms of all their layers.
/// Convolutions of sixteen examples run side by side in the lanes of a register (a batch-interleaved layout); few
/// images
/// with many channels run as matrix products of their patches (im2col).
/// </summary>
public sealed class CpuBackend : Backend
{
    // With fewer examples most lanes would be empty, and torch is faster.
    private const int LeastExamples = InterleavedLayout.Lanes / 2;

    private readonly CpuResources _resources = new();

    /// <inheritdoc/>
    public override string Name => "cpu";

    /// <inheritdoc/>
    public override string Description =>
        WhyNotProcessor is { } why ? $"cpu: nothing, as {why}" : $"cpu: AVX-512, {get_num_threads()} threads";

    private static string? WhyNotProcessor =>
        Avx512F.IsSupported ? null : "the processor has no AVX-512, or .NET was told not to use it";

    /// <inheritdoc/>
    public override Answer<(Tensor y, Tensor logDet)> Step(ResidualBranch branch, LogDetEstimator estimator, Tensor x)
    {
        string? whyNot = WhyNot(x);
        if (whyNot is null && branch is DenseBranch dense)
        {
            whyNot = WhyNot(dense) ?? WhyNot(estimator, exact: x.size(1) == 2);
            if (whyNot is null)
                return Serve(() => DenseBlockFunction.Apply(_resources, dense, estimator, x), x);
        }
        else if (whyNot is null && branch is ConvBranch convolutional)
        {
            long hidden = convolutional.Layers[0].Weight.size(0);
            whyNot = WhyNot(convolutional)
                ?? WhyNot(estimator, exact: false)
                ?? (GemmStep.IsBetter(x.size(0), hidden) ? null : WhyNotBatch(x));
            if (whyNot is null)
                return Serve(() => ConvBlockFunction.Apply(_resources, convolutional, estimator, x), x);
        }
        return Answer<(Tensor, Tensor)>.Refuse(whyNot ?? Unknown(branch));
    }

    /// <inheritdoc/>
    public override Answer<Linearization> Linearize(ResidualBranch branch, Tensor x) =>
        WhyNotEvaluation(branch, x) is { } whyNot ? Answer<Linearization>.Refuse(whyNot)
        : is_grad_enabled() ? Answer<Linearization>.Refuse("gradients are enabled, and its products have none")
        : Answer<Linearization>.Serve(() => InterleavedLinearization.At(_resources, (ConvBranch)branch, x));

    /// <inheritdoc/>
    public override Answer<IReadOnlyList<Tensor>> Normalize(IReadOnlyList<SpectralLayer> layers) =>
        layers.Select(WhyNot).FirstOrDefault(whyNot => whyNot is not null) is { } whyNot
            ? Answer<IReadOnlyList<Tensor>>.Refuse(whyNot)
            : Answer<IReadOnlyList<Tensor>>.Serve(() => SpectralNormFunction.Apply(_resources, layers));

    /// <summary>
    /// <see cref="Chebyshev"/> wholly in packed form; for other solvers the evaluations of g.
    /// </summary>
    public override Answer<InverseResult> Invert(ResidualBranch branch, InverseSolver solver, Tensor y) =>
        WhyNotEvaluation(branch, y) is { } whyNot
            ? Answer<InverseResult>.Refuse(whyNot)
            : Answer<InverseResult>.Serve(() =>
                solver is Chebyshev chebyshev
                    ? InterleavedInverse.Solve(_resources, (ConvBranch)branch, chebyshev, y)
                    : solver.Solve(
                        new InterleavedEvaluation(_resources, (ConvBranch)branch, y.shape).Evaluate,
                        branch.LipschitzBound(),
                        y
                    )
            );

    /// <inheritdoc/>
    public override Answer<Tensor> Affine(Tensor x, Tensor logScale, Tensor shift) =>
        WhyNot(x) is { } whyNot ? Answer<Tensor>.Refuse(whyNot)
        : x.dim() != 4 ? Answer<Tensor>.Refuse("it is for images")
        : Answer<Tensor>.Serve(() => ChannelAffineFunction.Apply(_resources, x, logScale, shift));

    /// <inheritdoc/>
    public override void Trim() => _resources.Trim();

    private static Answer<(Tensor y, Tensor logDet)> Serve(Func<(Tensor y, Tensor? logDet)> step, Tensor x) =>
        Answer<(Tensor, Tensor)>.Serve(() =>
        {
            var (y, logDet) = step();
            return (y, logDet ?? zeros(x.size(0)));
        });

    private static string? WhyNot(Tensor x) =>
        WhyNotProcessor
        ?? (
            x.device_type != DeviceType.CPU ? $"it is for the CPU, not for {x.device_type}"
            : x.dtype != ScalarType.Float32 ? $"it is for Float32, not for {x.dtype}"
            : null
        );

    private static string? WhyNotBatch(Tensor x) =>
        x.size(0) >= LeastExamples
            ? null
            : $"a batch of {x.size(0)} examples would leave most lanes empty; {LeastExamples} and more do not";

    private static string? WhyNot(SequentialBranch branch) =>
        // A class derived from the library's may compute something else.
        branch.GetType() != typeof(ConvBranch)
        && branch.GetType() != typeof(DenseBranch)
            ? Unknown(branch)
        : branch.Activations.FirstOrDefault(activation => activation.GetType() != typeof(Elu)) is { } other
            ? $"it knows the activation Elu, not {other.GetName()}"
        : branch is DenseBranch { LeadingActivation: true }
            ? "it knows no dense branch with an activation before its first layer"
        : null;

    private static string? WhyNot(LogDetEstimator estimator, bool exact) =>
        estimator switch
        {
            NoLogDet => null,
            NeumannSeries { Samples: 1 } => null,
            NeumannSeries => "it takes the Neumann series with one probe for each example",
            ExactLogDet when exact => null,
            ExactLogDet => "it knows the exact log-determinant of dense branches in two dimensions",
            _ => $"it knows the estimators NeumannSeries and NoLogDet, not {estimator.GetType().Name}",
        };

    private static string? WhyNot(SpectralLayer layer) =>
        WhyNot(layer.Weight)
        ?? (
            !layer.Options.Enabled ? "normalization is off"
            : layer.Norm is not EuclideanNorm ? $"it knows the 2-norm, not {layer.Norm.GetType().Name}"
            : layer.Options.Tolerance is not null ? "the power iterations go to a tolerance"
            : layer.Options.PowerIterations == 0 ? "there are no power iterations to make"
            : PowerIteration.Of(layer) is null
                ? $"it knows dense layers, 1x1 and 3x3 convolutions, not {layer.GetName()}"
            : null
        );

    private static string? WhyNotEvaluation(ResidualBranch branch, Tensor x) =>
        branch is not ConvBranch convolutional
            ? $"it evaluates convolutional branches, not {branch.GetName()}"
            : WhyNot(x) ?? WhyNot(convolutional) ?? WhyNotBatch(x);

    private static string Unknown(ResidualBranch branch) => $"it knows no {branch.GetName()}";
}
