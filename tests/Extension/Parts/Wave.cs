namespace Extension.Parts;

/// <summary>An elementwise activation with a learned parameter: sin(a p) / a with a = exp(b). Its derivative is at most
/// 1.</summary>
internal sealed class Wave : Activation
{
    private readonly Parameter _frequency = new(zeros(1, device: CPU));

    public Wave()
        : base(nameof(Wave)) => RegisterComponents();

    /// <summary>For a configuration.</summary>
    public static ActivationKind Kind { get; } = new(nameof(Wave), () => new Wave());

    public override Tensor forward(Tensor p) => (_frequency.exp() * p).sin() / _frequency.exp();

    public override Tensor Derivative(Tensor p, Tensor value) => (_frequency.exp() * p).cos();
}
