using System.Globalization;
using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Configuration;

/// <summary>A density model of images (section 5.3, Table 4).</summary>
public record DensityExperiment : ImageExperiment
{
    /// <summary>The multiscale flow.</summary>
    public required FlowConfig Model { get; init; }

    /// <summary>How it is trained.</summary>
    public DensityTrainingOptions Training { get; init; } = new();

    /// <inheritdoc/>
    public override TrainingOptions Options => Training;

    /// <inheritdoc/>
    public override Evaluation Evaluate(
        TrainedModel model,
        ImageDataSet? data,
        EvaluationSettings settings,
        CancellationToken cancel
    ) =>
        EvaluateTo(
            settings,
            model.Flow,
            ImageDataSettings.Test(data!, settings.Count),
            Data.Preprocessing,
            Seed,
            cancel
        );

    /// <summary>Bits/dim to the error that the settings state.</summary>
    internal static DensityEvaluation EvaluateTo(
        EvaluationSettings settings,
        Flow flow,
        ImageSplit images,
        Preprocessing preprocessing,
        ulong seed,
        CancellationToken cancel
    ) =>
        DensityEvaluator.EvaluateTo(
            settings.Error,
            flow,
            images,
            preprocessing,
            seed,
            (probes, error) =>
                settings.Progress?.Invoke(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{probes} probes: standard error {error:g3} bits/dim, to be {settings.Error / 2:g3}"
                    )
                ),
            cancel
        );

    /// <inheritdoc/>
    public override Tensor Examples(ImageDataSet? data, int count) => Data.Examples(data!, count);

    /// <inheritdoc/>
    public override void SaveSamples(TrainedModel model, string path, SampleSettings settings) =>
        ModelSamples.Save(model.Flow, path, settings, Data.Preprocessing.ToPixels);

    /// <inheritdoc/>
    protected internal override Experiment Completed() => this with { Model = Model with { Input = Data.ModelInput } };

    /// <inheritdoc/>
    protected override void ValidateModel()
    {
        Data.ValidateForDensity();
        DemandInput(Model.Input, Data.ModelInput);
        Model.Validate();
    }

    /// <inheritdoc/>
    protected override TrainedModel BuildModel()
    {
        var flow = new MultiscaleFlow(Model);
        return new(flow, flow);
    }

    /// <inheritdoc/>
    protected override TrainingTask BuildTask(TrainedModel model, ImageDataSet? data) =>
        new DensityTask(model.Flow, Data.Split(data!), Data.Preprocessing, Training);
}
