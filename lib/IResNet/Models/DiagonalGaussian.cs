namespace IResNet;

/// <summary>
/// The prior of a flow: a Gaussian with diagonal covariance. Mean and log standard deviation start at 0 and are
/// learned, or stay there.
/// </summary>
public sealed class DiagonalGaussian : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "mean")]
    private readonly Parameter _mean;

    [ComponentName(Name = "log_std")]
    private readonly Parameter _logStd;

    /// <summary>Standard normal at first.</summary>
    /// <param name="dimensions">d.</param>
    /// <param name="learned">Whether mean and scale are parameters of the optimisation.</param>
    public DiagonalGaussian(int dimensions, bool learned = true)
        : base(nameof(DiagonalGaussian))
    {
        Guard.AtLeast(dimensions, 1, nameof(dimensions));
        using var scope = NewDisposeScope();
        _mean = new Parameter(zeros(dimensions, device: CPU), learned);
        _logStd = new Parameter(zeros(dimensions, device: CPU), learned);
        RegisterComponents();
        this.KeepFromDisposeScope();
    }

    /// <summary>Mean, one a dimension.</summary>
    public Parameter Mean => _mean;

    /// <summary>Natural logarithm of the standard deviation, one a dimension.</summary>
    public Parameter LogStd => _logStd;

    /// <summary>ln p(z) per example.</summary>
    /// <param name="z">Shape (n, d).</param>
    /// <returns>Shape (n), in nats.</returns>
    public override Tensor forward(Tensor z)
    {
        Guard.Points(z, _mean.size(0));
        Guard.SameType(z, _mean);
        using var scope = NewDisposeScope();
        var standardized = (z - _mean) * (-_logStd).exp();
        var logProb = -0.5 * standardized.square().sum(1) - _logStd.sum() - 0.5 * Math.Log(2 * Math.PI) * _mean.size(0);
        return logProb.MoveToOuterDisposeScope();
    }

    /// <summary>Draws from the prior.</summary>
    /// <param name="count">Number of examples, at least 1.</param>
    /// <param name="temperature">Scales the standard deviation; 1 is the model itself, less gives likelier
    /// samples.</param>
    /// <param name="generator">The random stream; by default the device's own.</param>
    /// <returns>Shape (count, d).</returns>
    public Tensor Sample(int count, double temperature = 1, Generator? generator = null)
    {
        Guard.AtLeast(count, 1, nameof(count));
        if (!(temperature >= 0))
            throw new ArgumentOutOfRangeException(
                nameof(temperature),
                temperature,
                "The temperature must be 0 or positive."
            );
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var noise = Draws.Normal([count, _mean.size(0)], _mean.dtype, _mean.device, generator);
        return (_mean + temperature * _logStd.exp() * noise).MoveToOuterDisposeScope();
    }
}
