namespace IResNet.Experiments.Configuration;

/// <summary>The baseline of Table 2: an ordinary residual network, trained as the i-ResNets are.</summary>
public record ResNetExperiment : ClassificationExperiment
{
    /// <summary>The network.</summary>
    public required ResNetConfig Model { get; init; }

    /// <inheritdoc/>
    protected internal override Experiment Completed() => this with { Model = Model with { Input = Data.ModelInput } };

    /// <inheritdoc/>
    protected override void ValidateModel()
    {
        base.ValidateModel();
        DemandInput(Model.Input, Data.ModelInput);
        Model.Validate();
        if (Run.Samples > 0)
            throw new ArgumentException(
                $"run.samples is {Run.Samples}, but must be 0: a network without an inverse makes no pictures."
            );
    }

    /// <inheritdoc/>
    protected override TrainedModel BuildModel() => new(new ResNet(Model, Data.Classes), null);
}
