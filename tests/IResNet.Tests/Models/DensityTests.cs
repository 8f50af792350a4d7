namespace IResNet.Tests.Models;

/// <summary>The flow on the plane as a probability density: it integrates to 1, and the samples follow it.</summary>
public class DensityTests
{
    private const double Reach = 12;
    private const int Side = 360;

    [Theory, InlineData("random"), InlineData("trained")]
    public void IntegratesToOne(string weights)
    {
        using var scope = NewDisposeScope();
        using var flow = Create(weights);
        var (grid, cell) = Grid();
        Assert.Equal(1, Mass(flow, grid, cell), 1e-2);
        // The control: without its log-determinant it would not.
        using var noGrad = no_grad();
        double withoutLogDet = flow.LogProbTerms(grid).logPrior.exp().sum().ToDouble() * cell;
        Assert.True(Math.Abs(withoutLogDet - 1) > 0.05, $"{withoutLogDet}");
    }

    /// <summary>
    /// Pearson's chi-square test of samples in the cells of a grid, at the level of <see cref="Statistics"/>.
    /// </summary>
    [Theory, InlineData("random"), InlineData("trained")]
    public void SamplesFollowTheDensity(string weights)
    {
        using var scope = NewDisposeScope();
        using var flow = Create(weights);
        var (statistic, limit) = ChiSquare(flow, temperature: 1);
        Assert.True(statistic < limit, $"chi-square {statistic:g4}, limit {limit:g4}");
        // The control: samples a little too spread out are seen.
        var (wider, _) = ChiSquare(flow, temperature: 1.15);
        Assert.True(wider > limit, $"chi-square {wider:g4}, limit {limit:g4}");
    }

    [Fact]
    public void OneDimensionIntegratesToOne()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(2);
        using var flow = Draw.Prepared(new ToyFlow(4, [8], dimensions: 1));
        flow.Freeze();
        // Blocks may compress by 1 - Lip(g), so tails are long.
        const double Far = 20 * Reach;
        var x = linspace(-Far, Far, 100_001, dtype: ScalarType.Float64).unsqueeze(1);
        using var noGrad = no_grad();
        Assert.Equal(1, flow.forward(x).exp().sum().ToDouble() * 2 * Far / 100_000, 1e-6);
    }

    private static ToyFlow Create(string weights)
    {
        Draw.Seed(weights.Length);
        var flow = new ToyFlow(4, [12, 12]);
        if (weights == "random")
            Draw.Prepared(flow);
        else
            Train(flow);
        flow.Freeze();
        return flow;
    }

    /// <summary>A little maximum likelihood on two clusters.</summary>
    private static void Train(ToyFlow flow)
    {
        flow.to(ScalarType.Float64);
        using var optimizer = optim.Adam(flow.parameters(), 0.01);
        for (int step = 0; step < 80; step++)
        {
            using var scope = NewDisposeScope();
            var x = 0.4 * Draw.Normal(128, 2);
            x = x + tensor(new[] { 1.5, 0.5 }) * where(rand(128, 1) < 0.5, 1.0, -1.0);
            flow.zero_grad();
            (-flow.forward(x).mean()).backward();
            optimizer.step();
        }
    }

    /// <summary>The midpoints of a square grid, and a cell's area.</summary>
    private static (Tensor points, double cell) Grid()
    {
        double step = 2 * Reach / Side;
        var axis = -Reach + step * (arange(Side, dtype: ScalarType.Float64) + 0.5);
        return (stack([axis.repeat_interleave(Side), axis.repeat(Side)], 1), step * step);
    }

    private static double Mass(Flow flow, Tensor grid, double cell)
    {
        using var noGrad = no_grad();
        return flow.forward(grid).exp().sum().ToDouble() * cell;
    }

    private static (double statistic, double limit) ChiSquare(Flow flow, double temperature)
    {
        const int Count = 6000,
            Coarse = 40,
            Fine = Side / Coarse;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (grid, cell) = Grid();
        var expected = (flow.forward(grid).exp() * cell * Count).view(Coarse, Fine, Coarse, Fine).sum([1, 3]).flatten();
        var samples = flow.Sample(Count, temperature, generator: new Generator(12));
        var index = ((samples + Reach) / (2 * Reach / Coarse)).floor().clamp(0, Coarse - 1).to(ScalarType.Int64);
        var observed = zeros(Coarse * Coarse, dtype: ScalarType.Float64)
            .scatter_add(0, index.select(1, 0) * Coarse + index.select(1, 1), ones(Count, dtype: ScalarType.Float64));
        // Cells that expect fewer than five samples are taken together.
        var large = expected >= 5;
        double statistic = ((observed - expected).square() / expected)[large].sum().ToDouble();
        double restExpected = Count - expected[large].sum().ToDouble(),
            restObserved = Count - observed[large].sum().ToDouble();
        statistic += Math.Pow(restObserved - restExpected, 2) / restExpected;
        return (statistic, Statistics.ChiSquareLimit((int)large.sum().ToInt64()));
    }
}
