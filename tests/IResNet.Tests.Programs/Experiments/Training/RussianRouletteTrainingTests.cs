using IResNet.Experiments.Configuration;
using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Estimators;

namespace IResNet.Tests.Programs.Experiments.Training;

/// <summary>The estimator with a random number of terms, and other norms, as choices of a configuration.</summary>
public class RussianRouletteTrainingTests
{
    private static readonly Experiment Mnist = ExperimentCatalogue.Get("density-mnist", "quick");

    [Fact]
    public void EverySettingIsReachedByItsKey()
    {
        var changed = (DensityExperiment)
            Mnist.With(
                "training.estimator=roulette",
                "training.estimator.distribution=poisson",
                "training.estimator.parameter=3",
                "training.estimator.exactTerms=4",
                "training.estimator.draws=2",
                "training.estimator.gradient=transposedNeumann",
                "training.estimator.probeDistribution=gaussian",
                "training.estimator.shared=true"
            );
        var roulette = Assert.IsType<RussianRoulette>(changed.Training.Estimator!.Create());
        Assert.Equal(
            (3.0, 4, 2, RouletteGradient.TransposedNeumann, true),
            (
                ((PoissonTerms)roulette.Distribution).Rate,
                roulette.ExactTerms,
                roulette.Draws,
                roulette.Gradient,
                roulette.IsShared
            )
        );
        Assert.IsType<GaussianProbes>(roulette.Probes);
        var again = (DensityExperiment)ExperimentJson.Read(ExperimentJson.Write(changed));
        Assert.Equal(changed.Training.Estimator, again.Training.Estimator);
    }

    [Theory]
    [InlineData("parameter=0", "above 0 and below 1")]
    [InlineData("parameter=1", "above 0 and below 1")]
    [InlineData("parameter=1.5", "above 0 and below 1")]
    [InlineData("exactTerms=-1", "0 or more")]
    [InlineData("draws=0", "1 or more")]
    [InlineData("distribution=uniform", "uniform")]
    public void ImpossibleValuesAreRefused(string assignment, string message) =>
        Assert.Contains(
            message,
            Assert
                .Throws<ConfigurationException>(() =>
                    Mnist.With("training.estimator=roulette", $"training.estimator.{assignment}")
                )
                .Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void ImpossibleRatesAreRefused() =>
        Assert.Contains(
            "above 0",
            Assert
                .Throws<ConfigurationException>(() =>
                    Mnist.With(
                        "training.estimator=roulette",
                        "training.estimator.distribution=poisson",
                        "training.estimator.parameter=-2"
                    )
                )
                .Message,
            StringComparison.Ordinal
        );

    /// <summary>A configuration's defaults are the estimator's own.</summary>
    [Fact]
    public void DefaultsAreTheEstimators()
    {
        var (ours, own) = ((RussianRoulette)new RussianRouletteOptions().Create(), new RussianRoulette());
        Assert.Equal(
            (own.ExactTerms, own.Draws, own.Gradient, own.IsShared, $"{own.Distribution}", own.Probes.GetType()),
            (ours.ExactTerms, ours.Draws, ours.Gradient, ours.IsShared, $"{ours.Distribution}", ours.Probes.GetType())
        );
    }

    /// <summary>The presets that name the paper or its code keep their setting, whatever the defaults are.</summary>
    [Theory]
    [InlineData("paper", "geometric, p = 0.5"), InlineData("official", "Poisson, rate 2")]
    public void PublishedPresetsKeepTheirSetting(string preset, string law)
    {
        var experiment = (ResidualFlowExperiment)ExperimentCatalogue.Get("residual-flow-mnist", preset);
        var roulette = (RussianRoulette)experiment.Training.Estimator!.CreateFor(0.5);
        Assert.Equal((2, law), (roulette.ExactTerms, $"{roulette.Distribution}"));
    }

    /// <summary>Without a number of exact terms the coefficients decide: 0.9 in three layers needs some.</summary>
    [Fact]
    public void ExactTermsAreAddedWhereTheCoefficientsNeedThem()
    {
        var options = new RussianRouletteOptions { ExactTerms = null };
        var few = (RussianRoulette)options.CreateFor(0.3);
        var many = (RussianRoulette)options.CreateFor(Math.Pow(0.98, 3));
        Assert.True(few.ExactTerms < many.ExactTerms, $"{few.ExactTerms} {many.ExactTerms}");
        Assert.Null(few.Warning(0.3));
        Assert.Null(many.Warning(Math.Pow(0.98, 3)));
        // No fewer than are worth their products where the bound needs none, and what was set stays.
        Assert.Equal(RussianRoulette.DefaultExactTerms, few.ExactTerms);
        Assert.Equal(2, ((RussianRoulette)new RussianRouletteOptions { ExactTerms = 2 }.CreateFor(0.98)).ExactTerms);
        Assert.Throws<ArgumentException>(() => options.CreateFor(0.99999));
    }

    /// <summary>Trains with it and with other norms; the result is a likelihood, and the norms hold.</summary>
    [Theory, InlineData("inf", NormUpdate.BeforeStep), InlineData("learned", NormUpdate.AfterStep)]
    public async Task TrainsWithOtherNorms(string orders, NormUpdate update)
    {
        manual_seed(1);
        using var flow = new MultiscaleFlow(
            new FlowConfig
            {
                Input = Tiny.Shape,
                Blocks = [1, 1],
                Hidden = [6, 6],
                InitialSqueeze = true,
                Activation = ActivationKind.LipSwish,
                SpectralNorm = new()
                {
                    Orders = NormOrders.Parse(orders),
                    Update = update,
                    Tolerance = 1e-2,
                },
            }
        );
        var layer = flow.ResidualBlocks[0].Branch.Layers[0];
        double before = layer.Order?.ToDouble() ?? 0;
        var run = await DensityTraining.Run(
            flow,
            Tiny.Corners(),
            Tiny.Options with
            {
                Steps = 40,
                BurnIn = 5,
                EvaluationTerms = null,
                Estimator = new RussianRouletteOptions { Shared = true },
            },
            cancel: TestContext.Current.CancellationToken
        );
        Assert.True(run.Losses.TakeLast(5).Average() < run.Losses.Take(5).Average() - 0.1, "the loss did not fall");
        Assert.InRange(run.Test!.BitsPerDim, 3, run.Losses[0]);
        Assert.Equal(nameof(RussianRoulette), run.Test.Estimator);
        if (orders == "learned")
            Assert.NotEqual(before, layer.Order!.ToDouble());
        else
            Assert.All(flow.ResidualBlocks, block =>
                Assert.Equal(double.PositiveInfinity, block.Branch.Certificate().Order)
            );
    }

    [Fact]
    public void NormsAreReachedByTheirKeys()
    {
        var changed = (DensityExperiment)
            Mnist.With(
                "model.spectralNorm.orders=2,inf,inf,2",
                "model.spectralNorm.update=afterStep",
                "model.spectralNorm.tolerance=1e-3"
            );
        var options = changed.Model.SpectralNorm;
        Assert.Equal(
            ("2,inf,inf,2", NormUpdate.AfterStep, 1e-3),
            (options.Orders.Text, options.Update, options.Tolerance)
        );
        var again = (DensityExperiment)ExperimentJson.Read(ExperimentJson.Write(changed));
        Assert.Equal(options, again.Model.SpectralNorm);
        Assert.Contains(
            "end with 2",
            Assert.Throws<ConfigurationException>(() => Mnist.With("model.spectralNorm.orders=2,inf")).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "above 0",
            Assert.Throws<ConfigurationException>(() => Mnist.With("model.spectralNorm.tolerance=0")).Message,
            StringComparison.Ordinal
        );
    }
}
