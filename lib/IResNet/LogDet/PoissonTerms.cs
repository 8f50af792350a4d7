namespace IResNet;

/// <summary>
/// N = 0, 1, ... with P(N = i) = exp(-l) l^i / i!: what the official code of Residual Flows trains images with, l = 2.
/// Its tail decays faster than any power, so an estimate's variance is infinite, although the draws that make it so are
/// next to never seen.
/// </summary>
public sealed class PoissonTerms : TermDistribution
{
    /// <summary>Sets the rate.</summary>
    /// <param name="rate">l, the mean of N, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is not above 0, or not finite.</exception>
    public PoissonTerms(double rate = 2) =>
        Rate = rate is > 0 and < double.PositiveInfinity
            ? rate
            : throw new ArgumentOutOfRangeException(nameof(rate), rate, "The rate must be above 0 and finite.");

    /// <summary>l, the mean of N.</summary>
    public double Rate { get; }

    /// <summary>
    /// By the sum of the tail. (1 minus the sum of the head, as the official code has it, is rounding noise from about
    /// j = 20 on.)
    /// </summary>
    public override double Survival(int j)
    {
        if (j <= 0)
            return 1;
        // ln of the tail's first term, from which the others follow; below the rate the terms rise at first.
        double logTerm = -Rate + j * Math.Log(Rate);
        for (int i = 2; i <= j; i++)
            logTerm -= Math.Log(i);
        double term = Math.Exp(logTerm),
            tail = 0;
        for (int i = j; i <= Rate || term > tail * 1e-17; term *= Rate / ++i)
            tail += term;
        return Math.Min(tail, 1);
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"Poisson, rate {Rate}");
}
