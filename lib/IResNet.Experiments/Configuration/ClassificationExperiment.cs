using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Configuration;

/// <summary>A network from images to logits, trained by cross entropy (Table 2).</summary>
public abstract record ClassificationExperiment : ImageExperiment
{
    /// <summary>How it is trained.</summary>
    public ClassifierTrainingOptions Training { get; init; } = new();

    /// <inheritdoc/>
    public override TrainingOptions Options => Training;

    /// <inheritdoc/>
    public override Evaluation Evaluate(
        TrainedModel model,
        ImageDataSet? data,
        EvaluationSettings settings,
        CancellationToken cancel
    ) =>
        ClassifierEvaluator.Evaluate(
            (nn.Module<Tensor, Tensor>)model.Module,
            ImageDataSettings.Test(data!, settings.Count),
            Data.Preprocessing,
            cancel
        );

    /// <inheritdoc/>
    protected override void ValidateModel()
    {
        Data.Validate();
        if (Data.Preprocessing.Dequantise)
            throw new ArgumentException(
                "data.preprocessing.dequantise is true, but a classifier takes the images as they are."
            );
    }

    /// <inheritdoc/>
    protected override TrainingTask BuildTask(TrainedModel model, ImageDataSet? data) =>
        new ClassifierTask((nn.Module<Tensor, Tensor>)model.Module, Data.Split(data!), Data.Preprocessing, Training);
}
