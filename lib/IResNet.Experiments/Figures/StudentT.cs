namespace IResNet.Experiments.Figures;

/// <summary>Student's t distribution, for intervals over the few seeds that an experiment can afford.</summary>
public static class StudentT
{
    /// <summary>The probability of a value of at most t (Abramowitz and Stegun, 26.7.3 and 26.7.4).</summary>
    /// <param name="t">The value.</param>
    /// <param name="freedom">Degrees of freedom, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer degrees of freedom.</exception>
    public static double Probability(double t, int freedom)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(freedom, 1);
        double angle = Math.Atan(t / Math.Sqrt(freedom)),
            cosine = Math.Cos(angle);
        bool odd = freedom % 2 == 1;
        // Each term is the one before times cos² and a ratio of neighbouring whole numbers.
        double term = odd ? cosine : 1,
            sum = 0;
        for (int k = odd ? 1 : 0; k < freedom - 1; k += 2)
        {
            sum += term;
            term *= cosine * cosine * (k + 1) / (k + 2);
        }
        double within = odd ? 2 / Math.PI * (angle + Math.Sin(angle) * sum) : Math.Sin(angle) * sum;
        return (1 + within) / 2;
    }

    /// <summary>The value that is not exceeded with a probability.</summary>
    /// <param name="probability">Above 0.5 and below 1.</param>
    /// <param name="freedom">Degrees of freedom, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value outside its range.</exception>
    public static double Quantile(double probability, int freedom)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(probability, 0.5);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(probability, 1);
        double high = 1;
        while (Probability(high, freedom) < probability)
            high *= 2;
        double low = 0;
        while (high - low > 1e-13 * high) // bisection: doubles end it
        {
            double middle = (low + high) / 2;
            if (Probability(middle, freedom) < probability)
                low = middle;
            else
                high = middle;
        }
        return high;
    }
}
