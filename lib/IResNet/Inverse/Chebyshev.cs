namespace IResNet;

/// <summary>
/// Chebyshev semi-iteration (Golub and Varga, 1961) on <see cref="FixedPoint"/>: each new point is extrapolated from
/// the last two, with the weights that are best if the Jacobian's eigenvalues lie in a real interval around 0, [-rho,
/// rho]. Residual branches are near to that: their Jacobians are close to symmetric, with a spectral radius well below
/// Lip(g). rho is read off the residuals on the way (Hageman and Young, 1981, chapter 5). On trained models it takes
/// half to three quarters of the fixed point's evaluations, and on others no more.
/// </summary>
public sealed class Chebyshev : IterativeSolver
{
    /// <summary>Iterates until |x + g(x) - y| is at most the tolerance in every element.</summary>
    /// <param name="tolerance">As for <see cref="FixedPoint"/>.</param>
    /// <param name="maxIterations">When to give up.</param>
    public Chebyshev(double tolerance = 1e-6, int maxIterations = 1000)
        : base(tolerance, maxIterations) { }

    /// <inheritdoc/>
    public override Acceleration Start(double lipschitz) => new Recurrence(lipschitz);

    private sealed class Recurrence(double lipschitz) : Acceleration
    {
        private readonly ChebyshevWeights _weights = new(lipschitz);
        private Tensor? _before;

        public override Tensor? Next(Tensor x, Tensor image, Tensor residual, double norm)
        {
            double weight = _weights.Next(norm);
            using var before = _before;
            _before = x.alias();
            return before is null || weight == 1 ? null : (image - before).mul_(weight).add_(before);
        }

        public override void Restart()
        {
            _weights.Restart();
            _before?.Dispose();
            _before = null;
        }
    }
}
