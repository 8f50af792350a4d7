using IResNet.Experiments.Training.Optimizers;

namespace IResNet.Experiments.Training;

/// <summary>
/// How a 2-D flow is trained, on fresh points at every step. The paper gives no settings; these are those of the code's
/// first version and of Residual Flows: Adam at 1e-3 with weight decay 1e-5, batches of 500.
/// </summary>
public sealed record ToyTrainingOptions : TrainingOptions
{
    /// <summary>The settings above.</summary>
    public ToyTrainingOptions() => (Optimizer, LearningRate, WeightDecay, Batch) = (new AdamOptions(), 1e-3, 1e-5, 500);

    /// <summary>Fresh points of each evaluation, always the same ones.</summary>
    public int EvaluationPoints { get; init; } = 10_000;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Demand(EvaluationPoints >= 2, nameof(EvaluationPoints), EvaluationPoints, "2 or more");
    }
}
