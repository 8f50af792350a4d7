namespace IResNet;

/// <summary>
/// Chebyshev semi-iteration (Golub and Varga, 1961) on <see cref="FixedPoint"/>: each new point is extrapolated from the last two, with the weights that are best if the
/// Jacobian's eigenvalues lie in a real interval around 0. It costs two operations on vectors an iteration. Residual branches are near to that: their Jacobians are close to
/// symmetric, with a spectral radius well below Lip(g).
/// </summary>
public sealed class Chebyshev : IterativeSolver
{
    private readonly double _share;

    /// <summary>Iterates until |x + g(x) - y| is at most the tolerance in every element.</summary>
    /// <param name="tolerance">As for <see cref="FixedPoint"/>.</param>
    /// <param name="share">The interval's half width as a share of the bound of Lip(g), from above 0 to 1. Too small a share slows the iteration down.</param>
    /// <param name="maxIterations">When to give up.</param>
    public Chebyshev(double tolerance = 1e-6, double share = 0.7, int maxIterations = 1000) : base(tolerance, maxIterations)
    {
        if (share is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(share), share, "The share must be above 0 and at most 1.");
        _share = share;
    }

    private protected override Acceleration Start(double lipschitz) => new Recurrence(_share * Math.Min(lipschitz, 1));

    private sealed class Recurrence(double radius) : Acceleration
    {
        private Tensor? _before;
        private double _weight;

        public override Tensor? Next(Tensor x, Tensor image, Tensor residual)
        {
            var before = _before;
            _before = x.alias();
            if (before is null)
            {
                _weight = 2;
                return null;
            }
            _weight = 1 / (1 - radius * radius * _weight / 4);
            using (before) return (image - before).mul_(_weight).add_(before);
        }

        public override void Restart()
        {
            _before?.Dispose();
            _before = null;
        }
    }
}
