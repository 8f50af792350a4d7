
namespace IResNet.Tests.LogDet;

/// <summary>The stated error holds: standard error over many seeds, and bias.</summary>
public class AdaptiveLogDetTests
{
    private const int Seeds = 60;

    [Theory, InlineData(0.05), InlineData(0.5)]
    public void ErrorIsAsStated(double error)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var g = Linearize();
        var exact = new ExactLogDet().Estimate(g);
        double squares = 0,
            stated = 0;
        for (int seed = 0; seed < Seeds; seed++)
        {
            using var inner = NewDisposeScope();
            var result = new AdaptiveLogDet(error, new Generator((ulong)seed)).Evaluate(g);
            Assert.InRange(result.StandardError, 0, error);
            Assert.InRange(result.BiasBound, 0, error);
            squares += (result.Value - exact).square().mean().ToDouble();
            stated += result.StandardError * result.StandardError;
        }
        double rms = Math.Sqrt(squares / Seeds);
        // Bias and chance together, and not far less than stated: the control that the statement is about this error.
        Assert.InRange(rms, 0, 1.5 * error);
        Assert.InRange(rms, 0.5 * Math.Sqrt(stated / Seeds) - 1e-9, 1.5 * Math.Sqrt(stated / Seeds) + error);
    }

    /// <summary>
    /// Over a thousand calls: the mean over the batch lies within 1.96 of its stated errors in 95 % of them, by the
    /// binomial distribution; the errors have the size that is stated, and that was asked for. So for a batch of one,
    /// where two values that agree by chance once ended the search.
    /// </summary>
    [Theory]
    [InlineData(1, 0.3), InlineData(1, 0.2), InlineData(1, 0.15)]
    [InlineData(2, 0.3), InlineData(2, 0.2), InlineData(2, 0.15)]
    [InlineData(3, 0.3), InlineData(3, 0.2), InlineData(3, 0.1)]
    [InlineData(8, 0.3), InlineData(8, 0.15), InlineData(8, 0.06)]
    public void StatedErrorHolds(int batch, double relative)
    {
        const int Calls = 1000,
            Side = 8;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Draw.Seed(5);
        var j = MatrixLinearization.Decaying(Side, norm: 0.3, decay: 0.3);
        var g = MatrixLinearization.Create(j, batch, 1, Side, Side);
        double exact = linalg.slogdet(j + eye(Side * Side, dtype: ScalarType.Float64)).Item2.ToDouble();
        // Of one estimate with one probe: so many times as large as what is asked for.
        double scatter = new Arnoldi(3, 1, new RademacherProbes(new Generator(1)))
            .Repeat(g, 1000)
            .Estimates.SampleVariance;
        double error = relative * Math.Sqrt(scatter);
        using var generator = new Generator(11);
        var evaluator = new AdaptiveLogDet(error, error, generator);
        var (within, squares, standardized) = (0, new double[Calls], new List<double>());
        for (int call = 0; call < Calls; call++)
        {
            using var inner = NewDisposeScope();
            var result = evaluator.Evaluate(g);
            Assert.InRange(result.StandardError, 0, error);
            Assert.InRange(result.BiasBound, 0, error);
            double[] off = (result.Value - exact).data<double>().ToArray();
            if (Math.Abs(off.Average()) <= 1.96 * result.StandardError / Math.Sqrt(batch) + result.BiasBound)
                within++;
            squares[call] = off.Average(one => one * one);
            if (result.StandardError > 0)
                standardized.Add(squares[call] / (result.StandardError * result.StandardError));
        }
        // Four standard errors of the binomial distribution. Some calls find the exact trace cheaper, but not most:
        // those say nothing.
        double spread = Statistics.StandardErrors * Math.Sqrt(0.95 * 0.05 / Calls);
        Assert.InRange(within / (double)Calls, 0.95 - spread, 1);
        Assert.InRange(standardized.Count, Calls / 2, Calls);
        // Mean squares are about as stated, and no more than asked for.
        Assert.InRange(MeanWithRoom(standardized), 0.6, 1);
        Assert.InRange(Math.Sqrt(MeanWithRoom(squares)), 0, error);

        static double MeanWithRoom(IReadOnlyCollection<double> values)
        {
            double mean = values.Average();
            double room = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean))) / values.Count;
            return mean - Statistics.StandardErrors * room;
        }
    }

    /// <summary>A smaller error costs more products; both cost fewer than the exact Jacobian.</summary>
    [Fact]
    public void CostGrowsWithPrecision()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var g = Linearize(side: 12);
        int Products(double error) => new AdaptiveLogDet(error, new Generator(1)).Evaluate(g).Products;
        Assert.True(Products(1) < Products(0.1));
    }

    /// <summary>Two dimensions have two colours: exact in the probes, so only the bias remains.</summary>
    [Fact]
    public void VectorsAreExact()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var branch = Draw.Prepared(new DenseBranch(2, [8, 8]));
        branch.Freeze();
        var g = branch.Linearize(Draw.Normal(5, 2));
        var result = new AdaptiveLogDet(1e-6).Evaluate(g);
        Assert.Equal(0, result.StandardError);
        Expect.Near(result.Value, new ExactLogDet().Estimate(g), 1e-6, "value");
    }

    [Fact]
    public void NeedsACertificate()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var branch = LinearBranch.Create(eye(2, dtype: ScalarType.Float64));
        var fault = Assert.Throws<ArgumentException>(() =>
            new AdaptiveLogDet(0.1).Evaluate(branch.Linearize(Draw.Normal(1, 2)))
        );
        Assert.Contains("Freeze", fault.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdaptiveLogDet(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdaptiveLogDet(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdaptiveLogDet(0.1, bias: 0));
    }

    private static Linearization Linearize(int side = 6)
    {
        Draw.Seed(9);
        var branch = Draw.Prepared(new ConvBranch(new ImageShape(2, side, side), 8, 0.8));
        branch.Freeze();
        return branch.Linearize(Draw.Normal(4, 2, side, side));
    }
}
