[assembly: IResNet.ProvidesBackend(typeof(IResNet.Cpu.CpuBackend))]

namespace IResNet.Cpu;

/// <summary>
/// Hand-written kernels in single precision, for vectors of any width that the processor has (AVX-512, AVX2 with FMA,
/// or 128 bits): the paper's blocks (3x3, 1x1, 3x3 convolutions, or dense layers, with ELU, softplus, LipSwish or ReLU
/// between them), their inverses, and the spectral norms of all their layers. Convolutions of several examples run side
/// by side in the lanes of a register (a batch-interleaved layout); few images with many channels run as matrix
/// products of their patches (im2col).
/// </summary>
public sealed class CpuBackend : Backend
{
    private readonly CpuResources _resources = new();
    private readonly IReadOnlyList<CpuKernels> _offered;
    private readonly CpuKernels? _kernels;

    /// <summary>With the widest vectors that the processor has, and narrower ones where those would stay
    /// empty.</summary>
    public CpuBackend()
        : this([.. CpuKernels.Offered]) { }

    /// <summary>With vectors of some widths, widest first; none where the processor has none.</summary>
    internal CpuBackend(params IReadOnlyList<CpuKernels> kernels) =>
        (_offered, _kernels) = (kernels, kernels.FirstOrDefault());

    /// <inheritdoc/>
    public override string Name => "cpu";

    /// <inheritdoc/>
    public override string Description =>
        _kernels is null ? $"cpu: nothing, as {NoVectors}" : $"cpu: {_kernels.Name}, {get_num_threads()} threads";

    private const string NoVectors = "the processor has no vectors, or .NET was told not to use them";

    /// <inheritdoc/>
    public override Answer<(Tensor y, Tensor logDet)> Step(ResidualBranch branch, LogDetEstimator estimator, Tensor x)
    {
        string? whyNot = WhyNot(x);
        if (whyNot is null && branch is DenseBranch dense)
        {
            whyNot = WhyNot(dense) ?? WhyNot(estimator, exact: x.size(1) == 2);
            if (whyNot is null)
                return Serve(() => Of(dense, _kernels!).Step(_resources, dense, estimator, x), x);
        }
        else if (whyNot is null && branch is ConvBranch convolutional)
        {
            long examples = x.size(0) * DrawnSeries.SamplesOf(estimator, x.shape),
                hidden = convolutional.Layers[0].Weight.size(0);
            whyNot = WhyNot(convolutional) ?? WhyNot(estimator, exact: false);
            if (whyNot is null)
            {
                var kernels = _kernels!.TakesMatrixProducts(examples, hidden) ? _kernels : Fitting(examples);
                return Serve(() => Of(convolutional, kernels).Step(_resources, convolutional, estimator, x), x);
            }
        }
        return Answer<(Tensor, Tensor)>.Refuse(whyNot ?? Unknown(branch));
    }

    /// <inheritdoc/>
    public override Answer<Linearization> Linearize(ResidualBranch branch, Tensor x) =>
        WhyNotEvaluation(branch, x) is { } whyNot ? Answer<Linearization>.Refuse(whyNot)
        : is_grad_enabled() ? Answer<Linearization>.Refuse("gradients are enabled, and its products have none")
        : Answer<Linearization>.Serve(() =>
            Of((ConvBranch)branch, _kernels!).Linearize(_resources, (ConvBranch)branch, x)
        );

    /// <inheritdoc/>
    public override Answer<IReadOnlyList<Tensor>> Normalize(IReadOnlyList<SpectralLayer> layers) =>
        layers.Select(WhyNot).FirstOrDefault(whyNot => whyNot is not null) is { } whyNot
            ? Answer<IReadOnlyList<Tensor>>.Refuse(whyNot)
            : Answer<IReadOnlyList<Tensor>>.Serve(() => _kernels!.Normalize(_resources, layers));

    /// <inheritdoc/>
    public override Answer<InverseResult> Invert(ResidualBranch branch, InverseSolver solver, Tensor y) =>
        WhyNotEvaluation(branch, y) is { } whyNot
            ? Answer<InverseResult>.Refuse(whyNot)
            : Answer<InverseResult>.Serve(() =>
                Of((ConvBranch)branch, Fitting(y.size(0))).Invert(_resources, (ConvBranch)branch, solver, y)
            );

    /// <inheritdoc/>
    public override Answer<Tensor> Affine(Tensor x, Tensor logScale, Tensor shift) =>
        WhyNot(x) is { } whyNot ? Answer<Tensor>.Refuse(whyNot)
        : x.dim() != 4 ? Answer<Tensor>.Refuse("it is for images")
        : Answer<Tensor>.Serve(() => _kernels!.Affine(_resources, x, logScale, shift));

    /// <inheritdoc/>
    public override void Trim() => _resources.Trim();

    private static Answer<(Tensor y, Tensor logDet)> Serve(Func<(Tensor y, Tensor? logDet)> step, Tensor x) =>
        Answer<(Tensor, Tensor)>.Serve(() =>
        {
            var (y, logDet) = step();
            return (y, logDet ?? zeros(x.size(0)));
        });

    /// <summary>The narrowest vectors that hold so many examples side by side: with wider ones the same instructions
    /// would go over more memory.</summary>
    private CpuKernels Fitting(long examples) =>
        _offered.LastOrDefault(kernels => kernels.Lanes >= examples) ?? _kernels!;

    private static BranchKernels Of(SequentialBranch branch, CpuKernels kernels) =>
        kernels.Branches[branch.Activations[0].GetType()];

    private string? WhyNot(Tensor x) =>
        _kernels is null
            ? NoVectors
            : (
                x.device_type != DeviceType.CPU ? $"it is for the CPU, not for {x.device_type}"
                : x.dtype != ScalarType.Float32 ? $"it is for Float32, not for {x.dtype}"
                : null
            );

    private string? WhyNot(SequentialBranch branch) =>
        // A class derived from the library's may compute something else.
        branch.GetType() != typeof(ConvBranch)
        && branch.GetType() != typeof(DenseBranch)
            ? Unknown(branch)
        : branch.Activations.FirstOrDefault(activation => !_kernels!.Branches.ContainsKey(activation.GetType()))
            is { } other
            ? $"it knows the activations {string.Join(", ", _kernels!.Branches.Keys.Select(type => type.Name))}, not "
                + other.GetName()
        : branch is DenseBranch { LeadingActivation: true }
            ? "it knows no dense branch with an activation before its first layer"
        : null;

    private static string? WhyNot(LogDetEstimator estimator, bool exact) =>
        estimator switch
        {
            NoLogDet => null,
            NeumannSeries => null,
            RussianRoulette { Gradient: RouletteGradient.Neumann } => null,
            RussianRoulette roulette =>
                $"it takes the roulette with {nameof(RouletteGradient)}.{nameof(RouletteGradient.Neumann)}, not "
                    + roulette.Gradient,
            ExactLogDet when exact => null,
            ExactLogDet => "it knows the exact log-determinant of dense branches in two dimensions",
            _ => $"it knows the estimators NeumannSeries, RussianRoulette and NoLogDet, not {estimator.GetType().Name}",
        };

    private string? WhyNot(SpectralLayer layer) =>
        WhyNot(layer.Weight)
        ?? (
            !layer.Options.Enabled ? "normalization is off"
            : layer.Norm is not EuclideanNorm ? $"it knows the 2-norm, not {layer.Norm.GetType().Name}"
            : layer.Options.Tolerance is not null ? "the power iterations go to a tolerance"
            : layer.Options.PowerIterations == 0 ? "there are no power iterations to make"
            : !_kernels!.Knows(layer) ? $"it knows dense layers, 1x1 and 3x3 convolutions, not {layer.GetName()}"
            : null
        );

    private string? WhyNotEvaluation(ResidualBranch branch, Tensor x) =>
        branch is not ConvBranch convolutional
            ? $"it evaluates convolutional branches, not {branch.GetName()}"
            : WhyNot(x) ?? WhyNot(convolutional);

    private static string Unknown(ResidualBranch branch) => $"it knows no {branch.GetName()}";
}
