using System.Globalization;
using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Configuration;

/// <summary>A density of images, whatever its model: bits/dim to a stated error, and samples.</summary>
public abstract record ImageDensityExperiment : ImageExperiment
{
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

    /// <summary>Refuses images that a model cannot take.</summary>
    /// <param name="input">The model's input.</param>
    /// <exception cref="ArgumentException">They do not fit, or are not dequantised.</exception>
    private protected void ValidateData(ImageShape input)
    {
        Data.ValidateForDensity();
        DemandInput(input, Data.ModelInput);
    }

    /// <summary>Builds the flow.</summary>
    private protected abstract Flow BuildFlow();

    /// <inheritdoc/>
    protected override TrainedModel BuildModel()
    {
        var flow = BuildFlow();
        return new(flow, flow);
    }

    /// <inheritdoc/>
    protected override TrainingTask BuildTask(TrainedModel model, ImageDataSet? data) =>
        new DensityTask(model.Flow, Data.Split(data!), Data.Preprocessing, Training);
}
