namespace IResNet.Experiments.Configuration;

/// <summary>A <see cref="ResidualFlow"/> on images.</summary>
public record ResidualFlowExperiment : ImageDensityExperiment
{
    /// <summary>The flow.</summary>
    public required ResidualFlowConfig Model { get; init; }

    /// <inheritdoc/>
    protected internal override Experiment Completed() => this with { Model = Model with { Input = Data.ModelInput } };

    /// <inheritdoc/>
    protected override void ValidateModel()
    {
        ValidateData(Model.Input);
        Model.Validate();
        if (Model.LogitAlpha is not null && Data.Preprocessing.Centred)
            throw new ArgumentException(
                "data.preprocessing.centred is true, but the logit takes pixels in [0, 1): set it to false, or "
                    + "model.logitAlpha to null."
            );
    }

    private protected override Flow BuildFlow() => new ResidualFlow(Model);
}
