using IResNet.Experiments.Figures;

namespace IResNet.Tests.Experiments.Figures;

public class EstimatorRunTests
{
    /// <summary>
    /// For J = a I a Gaussian probe's error is known, random signs and colours have none but the truncation's.
    /// </summary>
    [Fact]
    public void ErrorsAreThoseOfTheTheory()
    {
        const int Dimensions = 5,
            Terms = 40;
        const double Slope = 0.5;
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var g = LinearBranch.Create(Slope, Dimensions).Linearize(zeros(3, Dimensions, ScalarType.Float64));
        var exact = full(3, Dimensions * Math.Log(1 + Slope), dtype: ScalarType.Float64);
        var family = EstimatorRun.Family(Terms, g.Shape, generator);
        foreach (var (name, create) in family)
        {
            var (estimate, products) = create(4 * Terms);
            var run = EstimatorRun.Of(name, estimate, products, g, exact, repeats: 500);
            Assert.InRange(run.Products, 2 * Terms, 4 * Terms);
            double expected = name.Contains("Gaussian") ? Math.Sqrt(2.0 * Dimensions / 4) * Math.Log(1 + Slope) : 0;
            Assert.InRange(run.Error, 0.9 * expected, 1.1 * expected + 1e-10);
        }
    }

    /// <summary>No more products than are allowed, but for the least that an estimator needs.</summary>
    [Theory, InlineData(12), InlineData(100), InlineData(1000)]
    public void ProductsAreKeptTo(int products)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        Draw.Seed(1);
        var branch = Draw.Prepared(new ConvBranch(new(2, 4, 4), 3));
        var g = branch.Linearize(Draw.Normal(2, 2, 4, 4));
        foreach (var (name, create) in EstimatorRun.Family(terms: 12, g.Shape, generator))
        {
            var (estimate, taken) = create(products);
            Assert.InRange(taken, 1, Math.Max(products, 12));
            Assert.True(isfinite(estimate(g)).all().ToBoolean(), name);
        }
    }
}
