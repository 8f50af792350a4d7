namespace IResNet;

/// <summary>
/// Independent estimates of the same quantities, one per example, and how far their mean can be trusted. All examples
/// together say how far estimates scatter; the fewer numbers that rests on, the larger the scatter that is stated.
/// </summary>
/// <param name="examples">How many quantities.</param>
public sealed class RepeatedEstimates(int examples)
{
    // With fewer estimates, however many the examples, the mean of variance / sample variance is large where one
    // example scatters more than all others and hides it by chance.
    private const int Least = 5;

    // Even of values that are either of two, equally likely, so many agree by accident with probability 2^-16 only.
    private const int EnoughFreedom = 16;

    private readonly double[] _means = new double[examples],
        _squares = new double[examples];

    /// <summary>How many estimates there are.</summary>
    public int Count { get; private set; }

    /// <summary>The mean of the estimates, one per example.</summary>
    public IReadOnlyList<double> Means => _means;

    /// <summary>
    /// Degrees of freedom of the pooled variance by Satterthwaite (1946): about those of all examples together if they
    /// scatter alike, those of one if that one scatters alone.
    /// </summary>
    public double Freedom
    {
        get
        {
            double sum = _squares.Sum(),
                squares = _squares.Sum(square => square * square);
            // Where nothing scatters, every example says so.
            return Math.Max(0, Count - 1) * (squares > 0 ? sum * sum / squares : examples);
        }
    }

    /// <summary>The fewest estimates that can be enough.</summary>
    public static int LeastFor(int examples) => Math.Max(Least, (EnoughFreedom + examples - 1) / examples + 1);

    /// <summary>Whether there are enough estimates to say how many are needed.</summary>
    public bool AreEnough => Count >= Least && Freedom >= EnoughFreedom;

    /// <summary>
    /// Of one estimate, the variance with which a mean's error divided by its standard error has variance 1 at most
    /// (Stein's two-stage procedure, 1945): the sample variance times f / sqrt((f - 2) (f - 4)), the root mean square
    /// of variance / sample variance for f degrees of freedom. Their mean, f / (f - 2), would do if f were not itself
    /// estimated. Infinite for f of at most 4.
    /// </summary>
    public double Variance =>
        Freedom is var f and > 4 ? SampleVariance * f / Math.Sqrt((f - 2) * (f - 4)) : double.PositiveInfinity;

    /// <summary>The sample variance of one estimate, mean over the examples; NaN for a single estimate.</summary>
    public double SampleVariance => _squares.Sum() / (Count - 1) / examples;

    /// <summary>Adds estimates, one after the other, of one value per example each.</summary>
    /// <exception cref="ArgumentException">The values are no multiple of the examples.</exception>
    public void Add(ReadOnlySpan<double> values)
    {
        if (values.Length % examples != 0)
            throw new ArgumentException($"{values.Length} values are no multiple of {examples} examples.");
        for (int from = 0; from < values.Length; from += examples)
        {
            Count++;
            for (int i = 0; i < examples; i++)
            {
                double difference = values[from + i] - _means[i];
                _means[i] += difference / Count;
                _squares[i] += difference * (values[from + i] - _means[i]);
            }
        }
    }
}
