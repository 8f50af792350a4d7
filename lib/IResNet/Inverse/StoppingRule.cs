namespace IResNet;

/// <summary>When an iteration for an inverse has arrived.</summary>
/// <param name="tolerance">Largest residual asked for.</param>
/// <param name="unit">Rounding unit of y's largest element.</param>
public sealed class StoppingRule(double tolerance, double unit)
{
    // Rounding in g alone can leave a residual of some units; an iteration that has stopped decreasing there has done
    // what it can.
    private const double Floor = 8,
        Decrease = 0.99;
    private const int Patience = 3;

    private double _least = double.PositiveInfinity;
    private int _stalled;

    /// <summary>The largest residual accepted at once: below two rounding units none could be demanded.</summary>
    public double Tolerance { get; } = Math.Max(tolerance, 2 * unit);

    /// <summary>A rule of the same tolerance that has seen no point yet.</summary>
    public StoppingRule Fresh() => new(tolerance, unit);

    /// <summary>Whether to stop at a point.</summary>
    /// <param name="largest">The largest element of its residual.</param>
    /// <param name="norm">Its residual's 2-norm.</param>
    public bool IsReached(double largest, double norm)
    {
        if (largest <= Tolerance)
            return true;
        bool decreases = norm < Decrease * _least;
        _stalled = decreases ? 0 : _stalled + 1;
        if (decreases)
            _least = norm;
        return _stalled >= Patience && largest <= Floor * unit;
    }
}
