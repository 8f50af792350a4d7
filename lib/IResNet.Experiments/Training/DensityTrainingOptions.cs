namespace IResNet.Experiments.Training;

/// <summary>
/// How a density model is trained. The defaults are the paper's where it states them (Adamax at 0.003). The
/// log-determinant is the flow's own estimators', which are by default the paper's five terms with the Neumann gradient
/// and random signs, unless a series is named here.
/// </summary>
public record DensityTrainingOptions : TrainingOptions
{
    /// <summary>How the log-determinant is estimated in training; null for the flow's own estimators.</summary>
    public EstimatorOptions? Estimator { get; init; }

    /// <summary>Held-out images of each evaluation, from the first on.</summary>
    public int EvaluationImages { get; init; } = 1000;

    /// <summary>
    /// Terms of the power series in evaluation; the bound of Theorem 3 on the bias that is left is part of the result.
    /// Null for what <see cref="Estimator"/>, or the flow's own, evaluates with
    /// (<see cref="LogDetEstimator.ForEvaluation"/>: 20 terms for a series), unless <see cref="EvaluationProbes"/> is
    /// given.
    /// </summary>
    public int? EvaluationTerms { get; init; }

    /// <summary>Probes per example in evaluation; null as for <see cref="EvaluationTerms"/>.</summary>
    public int? EvaluationProbes { get; init; }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Estimator?.Validate();
        Demand(EvaluationImages >= 2, nameof(EvaluationImages), EvaluationImages, "2 or more");
        Demand(EvaluationTerms is null or >= 1, nameof(EvaluationTerms), EvaluationTerms, "1 or more");
        Demand(EvaluationProbes is null or >= 1, nameof(EvaluationProbes), EvaluationProbes, "1 or more");
    }
}
