namespace IResNet.Tests.LogDet;

/// <summary>Two-stage estimation of means to a stated error, on random numbers of known scatter.</summary>
public class RepeatedEstimatesTests
{
    private const int Calls = 20_000;

    /// <summary>
    /// The mean over the examples lies within 1.96 standard errors in 95 % of the calls, and its mean square is as was
    /// asked for; also where one example scatters three times as much as others.
    /// </summary>
    [Theory, InlineData(1, 1), InlineData(2, 1), InlineData(3, 1), InlineData(8, 1), InlineData(8, 3)]
    public void StatedErrorHolds(int examples, double largest)
    {
        const double Error = 0.2;
        var random = new Random(examples);
        double[] scales = [largest, .. Enumerable.Repeat(1.0, examples - 1)];
        double rms = Math.Sqrt(scales.Average(scale => scale * scale)),
            asked = Error * rms;
        var (within, squares) = (0, 0.0);
        for (int call = 0; call < Calls; call++)
        {
            var repeats = new RepeatedEstimates(examples);
            while (!repeats.AreEnough)
                repeats.Add(Draw(random, scales));
            double variance = repeats.Variance;
            while (Math.Sqrt(variance / repeats.Count) > asked)
                repeats.Add(Draw(random, scales));
            double error = Math.Sqrt(variance / repeats.Count);
            if (Math.Abs(repeats.Means.Average()) <= 1.96 * error / Math.Sqrt(examples))
                within++;
            squares += repeats.Means.Average(mean => mean * mean) / (error * error);
        }
        double spread = Statistics.StandardErrors * Math.Sqrt(0.95 * 0.05 / Calls);
        Assert.InRange(within / (double)Calls, 0.95 - spread, 0.97);
        Assert.InRange(squares / Calls, 0.8, 1.03);
    }

    /// <summary>
    /// The control: two values, and an end when their own scatter is small enough, miss by far more than 5 %.
    /// </summary>
    [Fact]
    public void StoppingOnTwoValuesDoesNotHold()
    {
        const double Error = 0.2;
        var random = new Random(1);
        int within = 0;
        for (int call = 0; call < Calls; call++)
        {
            var values = Draw(random, [1.0, 1.0]).ToList();
            double StandardError()
            {
                double mean = values.Average();
                return Math.Sqrt(
                    values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1) / values.Count
                );
            }
            while (StandardError() > Error)
                values.Add(Draw(random, [1.0])[0]);
            if (Math.Abs(values.Average()) <= 1.96 * StandardError())
                within++;
        }
        Assert.InRange(within / (double)Calls, 0, 0.85);
    }

    /// <summary>Mean and variance are the textbook's, and equal estimates have none.</summary>
    [Fact]
    public void MeansAndVariances()
    {
        var repeats = new RepeatedEstimates(2);
        Assert.Equal((0, double.PositiveInfinity), (repeats.Freedom, repeats.Variance));
        repeats.Add([1, 10, 3, 10, 5, 16, 7, 16]);
        Assert.Equal(4, repeats.Count);
        Assert.Equal([4.0, 13.0], repeats.Means);
        // Sample variances 20/3 and 12.
        double freedom = repeats.Freedom;
        Assert.InRange(freedom, 3, 6);
        Assert.Equal((20.0 / 3 + 12) / 2, repeats.SampleVariance, 12);
        Assert.Equal((20.0 / 3 + 12) / 2 * freedom / Math.Sqrt((freedom - 2) * (freedom - 4)), repeats.Variance, 12);
        var equal = new RepeatedEstimates(2);
        equal.Add([1, 2, 1, 2, 1, 2]);
        Assert.Equal((4.0, double.PositiveInfinity), (equal.Freedom, equal.Variance));
        equal.Add([1, 2]);
        Assert.Equal((6.0, 0.0), (equal.Freedom, equal.Variance));
        Assert.Throws<ArgumentException>(() => equal.Add([1, 2, 3]));
    }

    private static double[] Draw(Random random, double[] scales) =>
        [
            .. scales.Select(scale =>
                scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())
            ),
        ];
}
