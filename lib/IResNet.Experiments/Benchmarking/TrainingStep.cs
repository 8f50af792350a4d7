using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Benchmarking;

/// <summary>A training step as <see cref="Trainer"/> makes it, without data: loss, gradient, check, update.</summary>
internal static class TrainingStep
{
    /// <summary>Times steps of a model on one batch.</summary>
    /// <param name="model">What is trained; in training mode.</param>
    /// <param name="options">The update rule.</param>
    /// <param name="loss">The loss of the batch.</param>
    /// <param name="budget">How long to repeat.</param>
    /// <returns>The times, and the last loss.</returns>
    public static (Timing timing, double loss) Measure(
        nn.Module model,
        TrainingOptions options,
        Func<Tensor> loss,
        TimeSpan budget
    )
    {
        var parameters = new FlatParameters(model);
        using var optimizer = options.Optimizer.Create(parameters, options);
        double last = double.NaN;
        var timing = Timing.Of(
            () =>
            {
                using var scope = NewDisposeScope();
                parameters.ZeroGradient();
                var value = loss();
                last = value.ToDouble();
                value.backward();
                var gradient = parameters.Gradient();
                if (!FlatParameters.IsFinite(gradient))
                    throw new NonFiniteException("The benchmark's gradient is not finite.");
                optimizer.Step(gradient, options.LearningRate);
            },
            budget
        );
        return (timing, last);
    }
}
