namespace IResNet.Experiments.Configuration;

/// <summary>A density model of images (section 5.3, Table 4).</summary>
public record DensityExperiment : ImageDensityExperiment
{
    /// <summary>The multiscale flow.</summary>
    public required FlowConfig Model { get; init; }

    /// <inheritdoc/>
    protected internal override Experiment Completed() => this with { Model = Model with { Input = Data.ModelInput } };

    /// <inheritdoc/>
    protected override void ValidateModel()
    {
        ValidateData(Model.Input, Model.LogitAlpha);
        Model.Validate();
    }

    private protected override Flow BuildFlow() => new MultiscaleFlow(Model);
}
