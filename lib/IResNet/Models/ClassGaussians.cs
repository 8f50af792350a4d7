namespace IResNet;

/// <summary>
/// A Gaussian with diagonal covariance for each class, all classes equally likely: p(z, y) = N(z; mean_y, std_y) / k.
/// The density is their mixture, classification Bayes' rule, and a class is drawn from its own Gaussian. Means and log
/// standard deviations start at 0 and are learned: by the density and by the classification, and by that alone where
/// the density has no weight.
/// </summary>
public sealed class ClassGaussians : JointPrior
{
    [ComponentName(Name = "means")]
    private readonly Parameter _means;

    [ComponentName(Name = "log_stds")]
    private readonly Parameter _logStds;

    /// <summary>Standard normal for every class at first.</summary>
    /// <param name="classes">k, at least 2.</param>
    /// <param name="dimensions">d.</param>
    public ClassGaussians(int classes, int dimensions)
        : base(nameof(ClassGaussians), classes)
    {
        Guard.AtLeast(dimensions, 1, nameof(dimensions));
        using var scope = NewDisposeScope();
        _means = new Parameter(zeros(classes, dimensions, device: CPU));
        _logStds = new Parameter(zeros(classes, dimensions, device: CPU));
        RegisterComponents();
        this.KeepFromDisposeScope();
    }

    /// <inheritdoc/>
    public override Parameter Reference => _means;

    /// <summary>The means, shape (k, d).</summary>
    public Parameter Means => _means;

    /// <summary>Natural logarithms of the standard deviations, shape (k, d).</summary>
    public Parameter LogStds => _logStds;

    /// <summary>ln p(z, y) = ln p(z | y) - ln k.</summary>
    /// <param name="z">Shape (n, d).</param>
    /// <returns>Shape (n, k), in nats.</returns>
    /// <exception cref="ShapeException">z does not fit, in shape or type.</exception>
    public Tensor LogJoint(Tensor z)
    {
        Guard.Points(z, _means.size(1));
        Guard.SameType(z, _means);
        using var scope = NewDisposeScope();
        var standardized = (z.unsqueeze(1) - _means) * (-_logStds).exp();
        double constant = 0.5 * Math.Log(2 * Math.PI) * _means.size(1) + Math.Log(Classes);
        return (-0.5 * standardized.square().sum(2) - _logStds.sum(1) - constant).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override (Tensor logPrior, Tensor logClasses) Factors(Tensor z)
    {
        using var scope = NewDisposeScope();
        var joint = LogJoint(z);
        // Written out, as torch has no logsumexp on its meta device.
        var largest = joint.amax([1], keepdim: true).detach();
        var marginal = (joint - largest).exp().sum(1).log() + largest.squeeze(1);
        return (marginal.MoveToOuterDisposeScope(), (joint - marginal.unsqueeze(1)).MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override void StartFrom(DiagonalGaussian prior)
    {
        using var noGrad = no_grad();
        _means.copy_(prior.Mean.expand(Classes, -1));
        _logStds.copy_(prior.LogStd.expand(Classes, -1));
    }

    /// <summary>Draws a class for each latent, then the latent from its Gaussian.</summary>
    public override Tensor Sample(int count, double temperature = 1, Generator? generator = null)
    {
        CheckDraw(count, temperature);
        using var scope = NewDisposeScope();
        var labels = Draws.Integers(Classes, [count], ScalarType.Int64, _means.device, generator);
        return Of(labels, temperature, generator).MoveToOuterDisposeScope();
    }

    /// <summary>Draws latents from a class's Gaussian.</summary>
    public override Tensor SampleClass(int label, int count, double temperature = 1, Generator? generator = null)
    {
        CheckDraw(count, temperature);
        ClassLabels.Demand(label, Classes);
        using var scope = NewDisposeScope();
        var labels = full([count], label, ScalarType.Int64, _means.device);
        return Of(labels, temperature, generator).MoveToOuterDisposeScope();
    }

    private Tensor Of(Tensor labels, double temperature, Generator? generator)
    {
        using var noGrad = no_grad();
        var noise = Draws.Normal([labels.size(0), _means.size(1)], _means.dtype, _means.device, generator);
        var rows = labels.unsqueeze(1).expand(-1, _means.size(1));
        return _means.gather(0, rows) + temperature * _logStds.gather(0, rows).exp() * noise;
    }
}
