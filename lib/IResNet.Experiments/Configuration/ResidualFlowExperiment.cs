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
        ValidateData(Model.Input, Model.LogitAlpha);
        Model.Validate();
    }

    private protected override Flow BuildFlow() => new ResidualFlow(Model);
}
