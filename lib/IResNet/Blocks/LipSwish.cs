namespace IResNet;

/// <summary>
/// LipSwish of Residual Flows: p sigmoid(beta p) / 1.1 with a learned beta = softplus(b), b starting at 0.5. The
/// division makes Lip(phi) at most 1.
/// </summary>
public sealed class LipSwish : Activation
{
    private const double Divisor = 1.1;

    [ComponentName(Name = "beta")]
    private readonly Parameter _beta;

    /// <summary>Starts at b = 0.5, beta about 0.974.</summary>
    public LipSwish()
        : base(nameof(LipSwish))
    {
        using var scope = NewDisposeScope();
        _beta = new Parameter(full(1, 0.5, ScalarType.Float32, CPU));
        RegisterComponents();
        this.KeepFromDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor p) => Value(p, _beta);

    /// <summary>phi'(p) = s (1 + beta p (1 - s)) / 1.1 with s = sigmoid(beta p).</summary>
    public override Tensor Derivative(Tensor p, Tensor value) => DerivativeAt(p, _beta);

    /// <summary>phi(p) for a raw b.</summary>
    internal static Tensor Value(Tensor p, Tensor b) => p * (nn.functional.softplus(b) * p).sigmoid() / Divisor;

    /// <summary>phi'(p) for a raw b.</summary>
    internal static Tensor DerivativeAt(Tensor p, Tensor b)
    {
        var scaled = nn.functional.softplus(b) * p;
        var s = scaled.sigmoid();
        return s * (1 + scaled * (1 - s)) / Divisor;
    }
}
