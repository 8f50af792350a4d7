namespace Extension.Parts;

/// <summary>A bijection that is composed of others: each half of the channels goes its own way.</summary>
internal sealed class TwoHalves : Bijection
{
    private readonly Bijection _first,
        _second;

    public TwoHalves(Bijection first, Bijection second)
        : base(nameof(TwoHalves))
    {
        (_first, _second) = (first, second);
        RegisterComponents();
    }

    public override (Tensor y, Tensor logDet) forward(Tensor x)
    {
        var halves = x.chunk(2, 1);
        var ((y1, logDet1), (y2, logDet2)) = (_first.forward(halves[0]), _second.forward(halves[1]));
        return (cat([y1, y2], 1), logDet1 + logDet2);
    }

    public override InverseResult Inverse(Tensor y, InverseSolver? solver = null)
    {
        var halves = y.chunk(2, 1);
        var (first, second) = (_first.Inverse(halves[0], solver), _second.Inverse(halves[1], solver));
        return new(
            cat([first.Value, second.Value], 1),
            first.Iterations + second.Iterations,
            Math.Max(first.Residual, second.Residual),
            Math.Sqrt(Math.Pow(first.ErrorBound, 2) + Math.Pow(second.ErrorBound, 2))
        );
    }

    public override double InverseLipschitzBound() =>
        Math.Max(_first.InverseLipschitzBound(), _second.InverseLipschitzBound());
}
