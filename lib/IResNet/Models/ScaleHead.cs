namespace IResNet;

/// <summary>
/// The classifier of the hybrid models of Residual Flows (Chen et al. 2019, section 5.4) beside a prior that knows no
/// classes: p(z, y) = p(z) p(y | z). For each scale a 3x3 convolution, <see cref="ActNorm"/>, ReLU and the mean over
/// the map; all of these together go through a linear layer and a softmax.
/// </summary>
/// <remarks>
/// The variables of a scale are those that leave there; the last head sees those that stay to the end (the official
/// code, with factor-out, shows it earlier ones again). The prior learns from the density alone: where that has no
/// weight, it stays as it was.
/// </remarks>
public sealed class ScaleHead : JointPrior
{
    private readonly IReadOnlyList<ImageShape> _scales;

    [ComponentName(Name = "density")]
    private readonly DiagonalGaussian _density;

    [ComponentName(Name = "convolutions")]
    private readonly ModuleList<Conv2d> _convolutions;

    [ComponentName(Name = "norms")]
    private readonly ModuleList<ActNorm> _norms;

    [ComponentName(Name = "logits")]
    private readonly Linear _logits;

    /// <summary>Builds the head; the seed of torch's generator decides the initial weights.</summary>
    /// <param name="classes">Number of classes, at least 2.</param>
    /// <param name="scales">Shapes of the variables of each scale, in the order in which they are in a latent.</param>
    /// <param name="width">Channels of each convolution, at least 1.</param>
    /// <param name="learnedPrior">Whether mean and scale of p(z) are learned.</param>
    public ScaleHead(int classes, IReadOnlyList<ImageShape> scales, int width = 256, bool learnedPrior = true)
        : base(nameof(ScaleHead), classes)
    {
        Guard.AtLeast(scales.Count, 1, nameof(scales));
        Guard.AtLeast(width, 1, nameof(width));
        _scales = scales;
        _density = new DiagonalGaussian(scales.Sum(shape => shape.Dimensions), learnedPrior);
        _convolutions = new([.. scales.Select(shape => nn.Conv2d(shape.Channels, width, 3, padding: 1))]);
        _norms = new([.. scales.Select(_ => new ActNorm(width))]);
        _logits = nn.Linear(scales.Count * width, classes);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Parameter Reference => _density.Mean;

    /// <summary>p(z).</summary>
    public DiagonalGaussian Density => _density;

    /// <inheritdoc/>
    public override (Tensor logPrior, Tensor logClasses) Factors(Tensor z)
    {
        using var scope = NewDisposeScope();
        var logPrior = _density.forward(z);
        var (features, start) = (new List<Tensor>(), 0L);
        foreach (var (i, shape) in _scales.Index())
        {
            var map = z.narrow(1, start, shape.Dimensions).reshape(-1, shape.Channels, shape.Height, shape.Width);
            features.Add(_norms[i].forward(_convolutions[i].forward(map)).y.relu().mean([2, 3]));
            start += shape.Dimensions;
        }
        var logClasses = nn.functional.log_softmax(_logits.forward(cat(features, 1)), 1);
        return (logPrior.MoveToOuterDisposeScope(), logClasses.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override void StartFrom(DiagonalGaussian prior)
    {
        using var noGrad = no_grad();
        _density.Mean.copy_(prior.Mean);
        _density.LogStd.copy_(prior.LogStd);
    }

    /// <inheritdoc/>
    public override Tensor Sample(int count, double temperature = 1, Generator? generator = null) =>
        _density.Sample(count, temperature, generator);
}
