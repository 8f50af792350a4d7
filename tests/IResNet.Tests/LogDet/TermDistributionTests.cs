namespace IResNet.Tests.LogDet;

/// <summary>Random numbers of terms: survival functions against sums of probabilities, draws against both.</summary>
public class TermDistributionTests
{
    private static readonly Dictionary<string, (TermDistribution distribution, Func<int, double> probability)> All =
        new()
        {
            ["geometric 0.5"] = (new GeometricTerms(), n => n < 1 ? 0 : Math.Pow(0.5, n)),
            ["geometric 0.2"] = (new GeometricTerms(0.2), n => n < 1 ? 0 : Math.Pow(0.8, n - 1) * 0.2),
            ["Poisson 2"] = (new PoissonTerms(), n => Math.Exp(-2) * Power(2, n)),
            ["Poisson 30"] = (new PoissonTerms(30), n => Math.Exp(-30) * Power(30, n)),
        };

    public static TheoryData<string> Names => [.. All.Keys];

    [Theory, MemberData(nameof(Names))]
    public void SurvivalIsTheSumOfProbabilities(string name)
    {
        var (distribution, probability) = All[name];
        for (int j = -1; j <= 60; j++)
        {
            double tail = 0;
            for (int n = 400; n >= Math.Max(j, 0); n--)
                tail += probability(n);
            Assert.Equal(1, distribution.Survival(j) / tail, 1e-12);
        }
    }

    /// <summary>Also far out, where 1 minus the head is nothing but rounding.</summary>
    [Fact]
    public void PoissonTailIsExact()
    {
        // The first term is nearly all of it: exp(-2) 2^60 / 60! (1 + 2/61 + 4/(61 62) + ...).
        double first = Math.Exp(-2) * Power(2, 60);
        double series = 1 + 2.0 / 61 * (1 + 2.0 / 62 * (1 + 2.0 / 63 * (1 + 2.0 / 64 * (1 + 2.0 / 65))));
        Assert.Equal(1, new PoissonTerms().Survival(60) / (first * series), 1e-8);
        Assert.InRange(new PoissonTerms().Survival(60), 1e-66, 1e-62);
    }

    /// <summary>Pearson's test of a hundred thousand draws.</summary>
    [Theory, MemberData(nameof(Names))]
    public void DrawsFollowIt(string name)
    {
        const int Draws = 100_000;
        var (distribution, _) = All[name];
        using var generator = new Generator(3);
        var counts = new Dictionary<int, int>();
        for (int i = 0; i < Draws; i++)
        {
            int n = distribution.Draw(generator);
            counts[n] = counts.GetValueOrDefault(n) + 1;
        }
        // Cells of at least ten expected draws, and one for what is beyond them.
        var (statistic, cells) = (0.0, 0);
        int last = Enumerable.Range(0, 200).Last(n => Draws * distribution.Survival(n + 1) >= 20);
        for (int n = 0; n <= last + 1; n++)
        {
            bool beyond = n == last + 1;
            double expected =
                Draws * (beyond ? distribution.Survival(n) : distribution.Survival(n) - distribution.Survival(n + 1));
            if (expected == 0)
            {
                Assert.Equal(0, counts.GetValueOrDefault(n));
                continue;
            }
            if (expected < 10)
                continue;
            int found = beyond
                ? counts.Where(pair => pair.Key >= n).Sum(pair => pair.Value)
                : counts.GetValueOrDefault(n);
            statistic += Math.Pow(found - expected, 2) / expected;
            cells++;
        }
        Assert.InRange(statistic, 0, Statistics.ChiSquareLimit(cells - 1));
        Assert.InRange(cells, 5, 100);
    }

    [Theory, InlineData(0), InlineData(1), InlineData(-0.1), InlineData(1.5), InlineData(double.NaN)]
    public void ImpossibleProbabilitiesAreRefused(double p)
    {
        var fault = Assert.Throws<ArgumentOutOfRangeException>(() => new GeometricTerms(p));
        Assert.Equal(p, fault.ActualValue);
        Assert.Contains("below 1", fault.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(0), InlineData(-2), InlineData(double.NaN), InlineData(double.PositiveInfinity)]
    public void ImpossibleRatesAreRefused(double rate) =>
        Assert.Equal(rate, Assert.Throws<ArgumentOutOfRangeException>(() => new PoissonTerms(rate)).ActualValue);

    /// <summary>l^n / n!</summary>
    private static double Power(double rate, int n)
    {
        double product = 1;
        for (int i = 1; i <= n; i++)
            product *= rate / i;
        return product;
    }
}
