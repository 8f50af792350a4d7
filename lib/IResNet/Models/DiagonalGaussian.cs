namespace IResNet;

/// <summary>
/// A Gaussian with diagonal covariance. Mean and log standard deviation start at 0 and are
/// learned, or stay there.
/// </summary>
public sealed class DiagonalGaussian : Prior
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

    /// <inheritdoc/>
    public override Parameter Reference => _mean;

    /// <summary>Mean, one per dimension.</summary>
    public Parameter Mean => _mean;

    /// <summary>Natural logarithm of the standard deviation, one per dimension.</summary>
    public Parameter LogStd => _logStd;

    /// <inheritdoc/>
    public override Tensor forward(Tensor z)
    {
        Guard.Points(z, _mean.size(0));
        Guard.SameType(z, _mean);
        using var scope = NewDisposeScope();
        var standardized = (z - _mean) * (-_logStd).exp();
        var logProb = -0.5 * standardized.square().sum(1) - _logStd.sum() - 0.5 * Math.Log(2 * Math.PI) * _mean.size(0);
        return logProb.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Sample(int count, double temperature = 1, Generator? generator = null)
    {
        CheckDraw(count, temperature);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var noise = Draws.Normal([count, _mean.size(0)], _mean.dtype, _mean.device, generator);
        return (_mean + temperature * _logStd.exp() * noise).MoveToOuterDisposeScope();
    }
}
