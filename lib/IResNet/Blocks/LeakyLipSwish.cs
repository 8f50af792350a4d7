namespace IResNet;

/// <summary>
/// The leaky LipSwish of the i-DenseNet code: alpha p + (1 - alpha) p sigmoid(beta p) / 1.1 with learned alpha =
/// sigmoid(a) and beta = softplus(b), a starting at -3 and b at 0.5. A mean of two maps of Lipschitz constant at most
/// 1, so that its own is at most 1.
/// </summary>
public sealed class LeakyLipSwish : Activation
{
    [ComponentName(Name = "alpha")]
    private readonly Parameter _alpha;

    [ComponentName(Name = "beta")]
    private readonly Parameter _beta;

    /// <summary>Starts at alpha about 0.047, beta about 0.974.</summary>
    public LeakyLipSwish()
        : base(nameof(LeakyLipSwish))
    {
        using var scope = NewDisposeScope();
        _alpha = new Parameter(full(1, -3.0, ScalarType.Float32, CPU));
        _beta = new Parameter(full(1, 0.5, ScalarType.Float32, CPU));
        RegisterComponents();
        this.KeepFromDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor p) => Mean(p, LipSwish.Value(p, _beta));

    /// <summary>alpha + (1 - alpha) f'(p) with LipSwish f.</summary>
    public override Tensor Derivative(Tensor p, Tensor value) => Mean(ones_like(p), LipSwish.DerivativeAt(p, _beta));

    private Tensor Mean(Tensor straight, Tensor curved)
    {
        var alpha = _alpha.sigmoid();
        return alpha * straight + (1 - alpha) * curved;
    }
}
