namespace IResNet.Experiments.Training.Estimators;

/// <summary>A truncated series: <see cref="NeumannOptions"/>, <see cref="PowerSeriesOptions"/>.</summary>
public abstract record SeriesOptions : EstimatorOptions
{
    /// <summary>Terms of the series. The paper: 5 for CIFAR-10, 10 for MNIST.</summary>
    public int Terms { get; init; } = 5;

    /// <summary>Probes per example.</summary>
    public int Probes { get; init; } = 1;

    /// <inheritdoc/>
    public override void Validate()
    {
        TrainingOptions.Demand(Terms >= 1, nameof(Terms), Terms, "1 or more");
        TrainingOptions.Demand(Probes >= 1, nameof(Probes), Probes, "1 or more");
    }
}
