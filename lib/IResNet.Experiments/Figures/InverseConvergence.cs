namespace IResNet.Experiments.Figures;

/// <summary>
/// The error of Algorithm 1 against the number of iterations per block (Figure 8, Appendix D). One block's distance to
/// the exact inverse shrinks by Lip(g) or better at each iteration, so at rate c^3 for three layers; a network's does
/// the same up to a factor, the product of the Lipschitz constants of the blocks' inverses.
/// </summary>
/// <param name="Iterations">Numbers of iterations per block.</param>
/// <param name="Errors">Mean distance to the exact inverse in the 2-norm over the examples, after each.</param>
/// <param name="Lipschitz">The largest certified Lip(g) of the blocks; c^3 if every layer is as large as
/// allowed.</param>
public sealed record InverseConvergence(IReadOnlyList<int> Iterations, IReadOnlyList<double> Errors, double Lipschitz)
{
    // Rounding errors of float64, some orders above the rounding unit: where an error is below this share of the first,
    // it no longer shrinks.
    private const double Floor = 1e-13;

    /// <summary>The line of the theory through the first error: e_0 times Lip(g)^n.</summary>
    public IReadOnlyList<double> Theory => GeometricDecay.Line(Iterations, Errors[0], Lipschitz);

    /// <summary>
    /// By what factor the error shrinks per iteration, on average between the first number of iterations and the last
    /// above rounding errors.
    /// </summary>
    public double Rate
    {
        get
        {
            int last = Enumerable.Range(0, Errors.Count).Last(i => i == 0 || Errors[i] > Errors[0] * Floor);
            return last == 0 ? 0 : Math.Pow(Errors[last] / Errors[0], 1.0 / (Iterations[last] - Iterations[0]));
        }
    }

    /// <summary>
    /// The least of the numbers of iterations whose error is at most a share of the first; null if none is.
    /// </summary>
    public int? Needed(double share)
    {
        for (int i = 0; i < Errors.Count; i++)
            if (Errors[i] <= share * Errors[0])
                return Iterations[i];
        return null;
    }
}
