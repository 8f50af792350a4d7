namespace IResNet;

/// <summary>
/// The distribution of a random number of terms N, by its survival function alone. For <see cref="RussianRoulette"/> it
/// must reach any number: P(N >= j) above 0 for all j.
/// </summary>
public abstract class TermDistribution
{
    /// <summary>P(N >= j), not increasing; 1 for j of at most 0.</summary>
    /// <param name="j">Any whole number.</param>
    public abstract double Survival(int j);

    /// <summary>Draws n.</summary>
    /// <param name="generator">The random stream; null for torch's own.</param>
    public virtual int Draw(Generator? generator)
    {
        using var scope = NewDisposeScope();
        // The largest n with P(N >= n) >= u, for u uniform in (0, 1].
        double u = 1 - Draws.Uniform([1], ScalarType.Float64, CPU, generator).ReadDouble();
        int n = 0;
        while (Survival(n + 1) >= u)
            n++;
        return n;
    }
}
