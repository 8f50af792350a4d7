
namespace IResNet.Tests.LogDet;

/// <summary>
/// Mean and variance of the stochastic estimates against closed forms, see <see cref="Statistics"/> for the level.
/// </summary>
public class HutchinsonTests
{
    private const int Draws = 20_000;

    public static TheoryData<string, string, int, string> Cases =>
        new(
            from kind in new[] { "dense", "convolutional" }
            from probes in new[] { "Gaussian", "Rademacher" }
            from terms in new[] { 1, 5 }
            from series in new[] { "power", "Neumann" }
            select new TheoryDataRow<string, string, int, string>(kind, probes, terms, series)
        );

    /// <summary>Unbiased: the mean is the truncated series with exact traces.</summary>
    [Theory, MemberData(nameof(Cases))]
    public void MeanIsTheTruncatedSeries(string kind, string probes, int terms, string series)
    {
        using var scope = NewDisposeScope();
        var (estimates, matrix) = Estimate(kind, probes, terms, series);
        double exact = matrix.trace().ToDouble();
        Statistics.MeanIs(exact, estimates, "mean");
        // The control: a mean with the wrong sign, or of one term more, is off by many standard errors.
        Assert.True(Statistics.MeanDeviation(-exact, estimates) > 2 * Statistics.StandardErrors);
        if (terms == 1 && kind == "dense")
            Assert.True(
                Statistics.MeanDeviation(Series(kind, terms + 1).trace().ToDouble(), estimates)
                    > 2 * Statistics.StandardErrors
            );
    }

    /// <summary>
    /// 2 |S|^2 for Gaussian probes and 2 (|S|^2 - |diag S|^2) for random signs, S being the symmetric part and |.| the
    /// Frobenius norm.
    /// </summary>
    [Theory, MemberData(nameof(Cases))]
    public void VarianceIsTheClosedForm(string kind, string probes, int terms, string series)
    {
        using var scope = NewDisposeScope();
        var (estimates, matrix) = Estimate(kind, probes, terms, series);
        var s = (matrix + matrix.t()) / 2;
        double all = 2 * s.square().sum().ToDouble(),
            offDiagonal = all - 2 * s.diagonal().square().sum().ToDouble();
        var (expected, other) = probes == "Gaussian" ? (all, offDiagonal) : (offDiagonal, all);
        Statistics.VarianceIs(expected, estimates, "variance");
        Assert.True(Statistics.VarianceDeviation(other, estimates) > 2 * Statistics.StandardErrors);
    }

    [Fact]
    public void SamplesAreAveraged()
    {
        using var scope = NewDisposeScope();
        var (branch, x) = Branch("dense");
        const int Samples = 4;
        var single = Many(branch, x, new PowerSeries(3, 1, new GaussianProbes(new Generator(1))));
        var averaged = Many(branch, x, new PowerSeries(3, Samples, new GaussianProbes(new Generator(2))));
        Statistics.VarianceIs(single.var().ToDouble() / Samples, averaged, "variance of an average");
        Statistics.MeanIs(Series("dense", 3).trace().ToDouble(), averaged, "mean of averages");
    }

    /// <summary>Random signs are exact on a diagonal Jacobian, whatever the draw; Gaussian probes are not.</summary>
    [Fact]
    public void SignsAreExactOnDiagonalJacobians()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        var branch = new DenseBranch(4, [4]);
        branch.to(ScalarType.Float64);
        using (no_grad())
            foreach (var layer in branch.Layers)
                layer.Weight.copy_(diag(0.9 * rand(4, dtype: ScalarType.Float64)));
        branch.PowerIteration();
        var g = branch.Linearize(Draw.Normal(50, 4));
        var exact = new PowerSeries(5, 4, new UnitVectors()).Estimate(g);
        Expect.Near(new PowerSeries(5, 1, new RademacherProbes()).Estimate(g), exact, 1e-14, "random signs");
        Assert.True(Expect.MaxAbs(new PowerSeries(5, 1, new GaussianProbes()).Estimate(g) - exact) > 1e-2);
    }

    private static (Tensor estimates, Tensor matrix) Estimate(string kind, string probes, int terms, string series)
    {
        var (branch, x) = Branch(kind);
        var generator = new Generator((ulong)(terms + 10 * series.Length));
        Probes source = probes == "Gaussian" ? new GaussianProbes(generator) : new RademacherProbes(generator);
        LogDetEstimator estimator =
            series == "power" ? new PowerSeries(terms, 1, source) : new NeumannSeries(terms, 1, source);
        return (Many(branch, x, estimator), Series(kind, terms));
    }

    /// <summary>The estimate at one point, drawn many times at once.</summary>
    private static Tensor Many(ResidualBranch branch, Tensor x, LogDetEstimator estimator)
    {
        using var noGrad = no_grad();
        return estimator.Estimate(branch.Linearize(x.expand([Draws, .. x.shape.Skip(1)])));
    }

    /// <summary>The matrix whose quadratic form the estimate is: the sum of (-1)^(k+1) J^k / k.</summary>
    private static Tensor Series(string kind, int terms)
    {
        var (branch, x) = Branch(kind);
        var jacobian = Jacobians.Of(branch.forward, x)[0];
        var (power, sum) = (jacobian, zeros_like(jacobian));
        for (int k = 1; k <= terms; k++)
        {
            sum = sum + power * (k % 2 == 1 ? 1.0 : -1.0) / k;
            power = power.mm(jacobian);
        }
        return sum;
    }

    private static (ResidualBranch, Tensor) Branch(string kind)
    {
        Draw.Seed(8);
        return kind == "dense"
            ? (Draw.Prepared(new DenseBranch(5, [16])), Draw.Normal(1, 5))
            : (Draw.Prepared(new ConvBranch(new(1, 4, 3), 6, leadingActivation: false)), Draw.Normal(1, 1, 4, 3));
    }
}
