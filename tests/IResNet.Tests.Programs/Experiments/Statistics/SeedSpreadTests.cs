using IResNet.Experiments.Statistics;

namespace IResNet.Tests.Programs.Experiments.Statistics;

public class SeedSpreadTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void The_interval_holds_the_mean_in_95_of_100_cases(int seeds)
    {
        var random = new Random(seeds);
        double Normal() =>
            Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        const int Trials = 4000;
        int held = Enumerable
            .Range(0, Trials)
            .Count(_ =>
            {
                var spread = SeedSpread.Of([.. Enumerable.Range(0, seeds).Select(_ => 3 + 0.5 * Normal())]);
                return Math.Abs(spread.Mean - 3) <= spread.HalfWidth;
            });
        // Five standard errors; the normal quantile in Student's place would hold 70 % for two seeds.
        Assert.InRange(
            (double)held / Trials,
            0.95 - 5 * Math.Sqrt(0.05 * 0.95 / Trials),
            0.95 + 5 * Math.Sqrt(0.05 * 0.95 / Trials)
        );
    }

    [Theory] // Fisher and Yates' table, 97.5 %
    [InlineData(2, 12.7062)]
    [InlineData(3, 4.3027)]
    [InlineData(4, 3.1824)]
    [InlineData(6, 2.5706)]
    [InlineData(14, 2.1604)]
    [InlineData(121, 1.9799)]
    [InlineData(10_000, 1.9602)]
    public void The_interval_is_the_table_s_quantile_times_the_standard_error(int seeds, double quantile)
    {
        var spread = SeedSpread.Of([.. Enumerable.Range(0, seeds).Select(i => (double)i)]);
        // The variance of 0, 1, ... n - 1 is n (n + 1) / 12.
        Assert.Equal(quantile, spread.HalfWidth / Math.Sqrt((seeds + 1) / 12.0), 4);
    }

    [Fact]
    public void One_seed_has_no_interval()
    {
        var spread = SeedSpread.Of(1.25);
        Assert.Equal((1.25, double.NaN, 1), (spread.Mean, spread.HalfWidth, spread.Seeds));
        Assert.Equal("1.2", spread.ToString(1));
        Assert.Throws<ArgumentException>(() => SeedSpread.Of([]));
    }

    [Fact]
    public void A_trend_s_interval_holds_the_slope_in_95_of_100_cases()
    {
        var random = new Random(1);
        double Normal() =>
            Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        double[] x = [0.5, 0.5, 0.6, 0.7, 0.9];
        const int Trials = 4000;
        int held = Enumerable
            .Range(0, Trials)
            .Count(_ =>
            {
                var trend = LinearTrend.Of(x, [.. x.Select(value => 1 - 2 * value + 0.3 * Normal())]);
                return Math.Abs(trend.Slope + 2) <= trend.HalfWidth;
            });
        Assert.InRange(
            (double)held / Trials,
            0.95 - 5 * Math.Sqrt(0.05 * 0.95 / Trials),
            0.95 + 5 * Math.Sqrt(0.05 * 0.95 / Trials)
        );
    }

    [Fact]
    public void A_trend_through_a_line_is_the_line()
    {
        var trend = LinearTrend.Of([1, 2, 4], [3, 1, -3]);
        Assert.Equal(-2, trend.Slope, 12);
        Assert.Equal(0, trend.HalfWidth, 6);
    }

    [Fact]
    public void A_trend_says_what_it_lacks()
    {
        Assert.Contains("three points", Assert.Throws<ArgumentException>(() => LinearTrend.Of([1, 2], [1, 2])).Message);
        Assert.Contains("x = 1", Assert.Throws<ArgumentException>(() => LinearTrend.Of([1, 1, 1], [1, 2, 3])).Message);
        Assert.Contains("2 of y", Assert.Throws<ArgumentException>(() => LinearTrend.Of([1, 1, 1], [1, 2])).Message);
    }
}
