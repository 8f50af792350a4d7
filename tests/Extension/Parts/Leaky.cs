namespace Extension.Parts;

/// <summary>A bijection: x where it is positive, exp(s) x where it is negative, with a learned s per channel.</summary>
internal sealed class Leaky : Bijection
{
    private readonly Parameter _logSlope;

    public Leaky(int channels)
        : base(nameof(Leaky))
    {
        _logSlope = new Parameter(full(channels, -0.2, float32, CPU));
        RegisterComponents();
    }

    public override (Tensor y, Tensor logDet) forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var logSlope = PerChannel(x);
        var logDet = where(x < 0, logSlope, zeros_like(x)).flatten(1).sum(1);
        return (where(x < 0, x * logSlope.exp(), x).MoveToOuterDisposeScope(), logDet.MoveToOuterDisposeScope());
    }

    public override InverseResult Inverse(Tensor y, InverseSolver? solver = null)
    {
        using var noGrad = no_grad();
        return Exact(where(y < 0, y * (-PerChannel(y)).exp(), y));
    }

    public override double InverseLipschitzBound() => Math.Exp(-_logSlope.min().ToDouble());

    private Tensor PerChannel(Tensor x) => _logSlope.view([1, -1, .. x.shape.Skip(2).Select(_ => 1L)]);
}
