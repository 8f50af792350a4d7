using System.Globalization;
using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Configuration;

/// <summary>A flow of images, which is inverted and sampled, whatever else it is trained for.</summary>
public abstract record ImageFlowExperiment : ImageExperiment
{
    /// <inheritdoc/>
    public override Tensor Examples(ImageDataSet? data, int count) => Data.Examples(data!, count);

    /// <inheritdoc/>
    public override void SaveSamples(TrainedModel model, string path, SampleSettings settings) =>
        ModelSamples.Save(model.Flow, path, settings, Data.Preprocessing.ToPixels);

    /// <summary>Bits/dim to the error that the settings state.</summary>
    private protected DensityEvaluation DensityOf(
        Flow flow,
        ImageSplit images,
        EvaluationSettings settings,
        CancellationToken cancel
    ) =>
        DensityEvaluator.EvaluateTo(
            settings.Error,
            flow,
            images,
            Data.Preprocessing,
            Seed,
            (probes, error) =>
                settings.Progress?.Invoke(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{probes} probes: standard error {error:g3} bits/dim, to be {settings.Error / 2:g3}"
                    )
                ),
            cancel
        );

    /// <summary>Refuses images that a model cannot take.</summary>
    /// <param name="input">The model's input.</param>
    /// <param name="logitAlpha">Of a model that begins with a logit.</param>
    /// <exception cref="ArgumentException">They do not fit, are not dequantised, or are centred before a
    /// logit.</exception>
    private protected void ValidateData(ImageShape input, double? logitAlpha)
    {
        Data.ValidateForDensity();
        DemandInput(input, Data.ModelInput);
        if (logitAlpha is not null && Data.Preprocessing.Centred)
            throw new ArgumentException(
                "data.preprocessing.centred is true, but the logit takes pixels in [0, 1): set it to false, or "
                    + "model.logitAlpha to null."
            );
    }

    /// <summary>Builds the flow.</summary>
    private protected abstract Flow BuildFlow();

    /// <inheritdoc/>
    protected override TrainedModel BuildModel()
    {
        var flow = BuildFlow();
        return new(flow, flow);
    }
}
