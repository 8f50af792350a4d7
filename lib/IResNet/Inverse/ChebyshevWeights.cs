namespace IResNet;

/// <summary>
/// The weights of <see cref="Chebyshev"/>'s recurrence, from the norms of the residuals alone. The half width rho of
/// the interval is not known beforehand: it starts at 0, where the recurrence is plain iteration, and grows as far as
/// the residuals show.
/// </summary>
/// <param name="lipschitz">An upper bound of Lip(g), which no eigenvalue exceeds.</param>
public sealed class ChebyshevWeights(double lipschitz)
{
    private const double Largest = 0.99;
    private const int Attempts = 2;

    private readonly double _limit = Math.Min(lipschitz, Largest);
    private double _radius,
        _used,
        _weight,
        _last = double.NaN;
    private int _failures;

    /// <summary>
    /// The weight of the image in the next point, the rest being that of the point before; 1 for a plain step.
    /// </summary>
    /// <param name="norm">2-norm of the residual at the present point.</param>
    public double Next(double norm)
    {
        // Chebyshev polynomials on [-rho, rho] let an eigenvalue sigma beyond it shrink by q = (sigma + sqrt(sigma^2 -
        // rho^2)) / (1 + sqrt(1 - rho^2)) per step; solved for sigma.
        double edge = norm / _last * (1 + Math.Sqrt(1 - _used * _used));
        if (edge > _used)
            _radius = Math.Min(_limit, Math.Max(_radius, (edge + _used * _used / edge) / 2));
        _last = norm;
        bool plain = _weight == 0 || _failures == Attempts;
        (_weight, _used) = plain ? (2, 0) : (1 / (1 - _radius * _radius * _weight / 4), _radius);
        return plain ? 1 : _weight;
    }

    /// <summary>
    /// Begins again after a point that was given up: one can be due to rho having changed on the way. After a second
    /// one the eigenvalues are not where they were supposed to be, and only plain steps are left.
    /// </summary>
    public void Restart()
    {
        _failures = Math.Min(_failures + 1, Attempts);
        _weight = 0;
    }
}
