namespace IResNet.Experiments.Training;

/// <summary>
/// How a density model is trained. The defaults are the paper's where it states them (Adamax at 0.003, one probe, five
/// terms as for CIFAR-10), with the Neumann gradient and random signs, which estimate the same thing at less cost and
/// variance.
/// </summary>
public sealed record DensityTrainingOptions : TrainingOptions
{
    /// <summary>How the log-determinant is estimated in training.</summary>
    public DensityEstimator Estimator { get; init; } = DensityEstimator.Neumann;

    /// <summary>Terms of the series in training. The paper: 5 for CIFAR-10, 10 for MNIST.</summary>
    public int Terms { get; init; } = 5;

    /// <summary>Probes an example.</summary>
    public int Probes { get; init; } = 1;

    /// <summary>Held-out images of each evaluation, from the first on.</summary>
    public int EvaluationImages { get; init; } = 1000;

    /// <summary>
    /// Terms of the series in evaluation; the bound of Theorem 3 on the bias that is left is part of the result.
    /// </summary>
    public int EvaluationTerms { get; init; } = 20;

    /// <summary>Probes an example in evaluation.</summary>
    public int EvaluationProbes { get; init; } = 1;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Demand(Terms >= 1, nameof(Terms), Terms, "1 or more");
        Demand(Probes >= 1, nameof(Probes), Probes, "1 or more");
        Demand(EvaluationImages >= 2, nameof(EvaluationImages), EvaluationImages, "2 or more");
        Demand(EvaluationTerms >= 1, nameof(EvaluationTerms), EvaluationTerms, "1 or more");
        Demand(EvaluationProbes >= 1, nameof(EvaluationProbes), EvaluationProbes, "1 or more");
    }
}

/// <summary>How the log-determinant is estimated while a density model is trained.</summary>
public enum DensityEstimator
{
    /// <summary><see cref="NeumannSeries"/> with random signs.</summary>
    Neumann,

    /// <summary>
    /// <see cref="IResNet.PowerSeries"/> with Gaussian probes: the paper's Algorithm 2, differentiated term by term.
    /// </summary>
    PowerSeries,
}
