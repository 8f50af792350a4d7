namespace IResNet;

/// <summary>Theorem 3: how far the truncated power series can lie from ln det(I + J_g).</summary>
public static class TruncationBound
{
    /// <summary>-d (ln(1 - L) + sum of L^k / k for k = 1..n), in nats, for one block and one example.</summary>
    /// <param name="lipschitz">L, an upper bound of Lip(g), in [0, 1).</param>
    /// <param name="dimensions">d.</param>
    /// <param name="terms">n, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">L is outside [0, 1) or n is negative.</exception>
    public static double Of(double lipschitz, long dimensions, int terms)
    {
        if (lipschitz is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(
                nameof(lipschitz),
                lipschitz,
                "The bound holds for Lip(g) in [0, 1) only."
            );
        Guard.AtLeast(terms, 0, nameof(terms));
        return dimensions
            * (lipschitz > 0.5 && terms < 1 / (1 - lipschitz) ? Difference(lipschitz, terms) : Tail(lipschitz, terms));
    }

    /// <summary>
    /// As the theorem states it: for the few terms before the tail begins to decay, where nothing cancels and the tail
    /// would be long.
    /// </summary>
    private static double Difference(double lipschitz, int terms)
    {
        double result = -Math.Log(1 - lipschitz),
            power = 1;
        for (int k = 1; k <= terms; k++)
            result -= (power *= lipschitz) / k;
        return result;
    }

    /// <summary>The sum of L^k / k for k above n, not a difference of two nearly equal numbers.</summary>
    private static double Tail(double lipschitz, int terms)
    {
        double tail = 0,
            power = Math.Pow(lipschitz, terms + 1.0);
        for (long k = terms + 1L; power / k > tail * 1e-17 && power > 0; k++, power *= lipschitz)
            tail += power / k;
        return tail;
    }
}
