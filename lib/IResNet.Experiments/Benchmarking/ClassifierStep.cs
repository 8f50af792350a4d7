using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Benchmarking;

/// <summary>
/// A training step of a classifier: cross-entropy, its gradient and SGD with momentum, as the paper trains.
/// </summary>
internal static class ClassifierStep
{
    private const int Classes = 10;
    private const double LearningRate = 0.1,
        Momentum = 0.9,
        WeightDecay = 5e-4;

    /// <summary>The case of a model at a batch size.</summary>
    public static BenchmarkCase Of(string name, FlowConfig config, int batch) =>
        new(name, settings => Run(config, batch, settings));

    /// <summary>Measures one configuration.</summary>
    public static Measurement Run(FlowConfig config, int batch, BenchmarkSettings settings)
    {
        using var model = new Classifier(config, Classes);
        model.train();
        using var x = rand(batch, config.Input.Channels, config.Input.Height, config.Input.Width).sub_(0.5);
        using var labels = arange(batch).remainder(Classes);
        var options = new ClassifierTrainingOptions
        {
            Optimizer = new SgdOptions { Momentum = Momentum },
            LearningRate = LearningRate,
            WeightDecay = WeightDecay,
        };
        var (timing, _) = TrainingStep.Measure(
            model,
            options,
            () => nn.functional.cross_entropy(model.forward(x), labels),
            settings.Budget
        );
        double operations =
            3 * batch * ChainCost.Of(model.Body)
            + config.SpectralNorm.PowerIterations * ChainCost.PowerIteration(model.Body);
        return new(timing) { Operations = operations, Backends = model.Body.Explain(x) };
    }
}
