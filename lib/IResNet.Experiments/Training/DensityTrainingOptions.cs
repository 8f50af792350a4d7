namespace IResNet.Experiments.Training;

/// <summary>
/// How a density model is trained. The defaults are the paper's where it states them: Adamax at 0.003. Log-determinants
/// are estimated as the flow itself does, unless <see cref="Estimator"/> names another way.
/// </summary>
public sealed record DensityTrainingOptions : TrainingOptions
{
    /// <summary>How log-determinants are estimated in training; null for the flow's own estimator.</summary>
    public EstimatorOptions? Estimator { get; init; }

    /// <summary>Held-out images of each evaluation, from the first on.</summary>
    public int EvaluationImages { get; init; } = 1000;

    /// <summary>
    /// Terms of the series in evaluation; the bound of Theorem 3 on the bias that is left is part of the result.
    /// </summary>
    public int EvaluationTerms { get; init; } = 20;

    /// <summary>Probes per example in evaluation.</summary>
    public int EvaluationProbes { get; init; } = 1;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Estimator?.Validate();
        Demand(EvaluationImages >= 2, nameof(EvaluationImages), EvaluationImages, "2 or more");
        Demand(EvaluationTerms >= 1, nameof(EvaluationTerms), EvaluationTerms, "1 or more");
        Demand(EvaluationProbes >= 1, nameof(EvaluationProbes), EvaluationProbes, "1 or more");
    }
}
