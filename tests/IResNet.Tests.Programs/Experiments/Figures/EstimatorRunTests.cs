using IResNet.Experiments.Figures;

namespace IResNet.Tests.Programs.Experiments.Figures;

public class EstimatorRunTests
{
    /// <summary>
    /// For J = a I a Gaussian probe's error is known, random signs and colours have none but the truncation's.
    /// </summary>
    [Fact]
    public void ErrorsAreThoseOfTheTheory()
    {
        const int Dimensions = 5,
            Terms = 40,
            Samples = 4;
        const double A = 0.5;
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var g = LinearBranch.Create(A, Dimensions).Linearize(zeros(3, Dimensions, ScalarType.Float64));
        var exact = full(3, Dimensions * Math.Log(1 + A), dtype: ScalarType.Float64);
        double spread = Math.Sqrt(2.0 * Dimensions / Samples) * Math.Log(1 + A);
        IsOff(spread, new PowerSeries(Terms, Samples, new GaussianProbes(generator)));
        IsOff(0, new PowerSeries(Terms, Samples, new RademacherProbes(generator)));
        IsOff(0, new PowerSeries(Terms, Dimensions, new ColouredProbes(1, generator)));

        void IsOff(double error, LogDetEstimator estimator)
        {
            var run = EstimatorRun.Of("estimator", estimator.Estimate, products: 7, g, exact, repeats: 500);
            Assert.Equal(("estimator", 7), (run.Estimator, run.Products));
            Assert.InRange(run.Error, 0.9 * error, 1.1 * error + 1e-10);
        }
    }
}
