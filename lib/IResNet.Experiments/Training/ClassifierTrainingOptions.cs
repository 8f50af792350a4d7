using IResNet.Experiments.Training.Optimizers;

namespace IResNet.Experiments.Training;

/// <summary>
/// How a classifier is trained. The defaults are the paper's: gradient descent with momentum at 0.1, weight decay 5e-4,
/// batches of 128.
/// </summary>
public sealed record ClassifierTrainingOptions : TrainingOptions
{
    /// <summary>The paper's settings.</summary>
    public ClassifierTrainingOptions() => (Optimizer, LearningRate, WeightDecay) = (new SgdOptions(), 0.1, 5e-4);

    /// <summary>Held-out images of each evaluation, from the first on; null for all.</summary>
    public int? EvaluationImages { get; init; }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Demand(EvaluationImages is null or >= 1, nameof(EvaluationImages), EvaluationImages, "1 or more");
    }
}
