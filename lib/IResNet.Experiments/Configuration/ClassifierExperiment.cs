using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Configuration;

/// <summary>An invertible classifier of images (section 5.1, Table 2).</summary>
public record ClassifierExperiment : ClassificationExperiment
{
    /// <summary>The body.</summary>
    public required FlowConfig Model { get; init; }

    /// <inheritdoc/>
    public override Tensor Examples(ImageDataSet? data, int count) => Data.Examples(data!, count);

    /// <inheritdoc/>
    protected internal override Experiment Completed() => this with { Model = Model with { Input = Data.ModelInput } };

    /// <inheritdoc/>
    protected override void ValidateModel()
    {
        base.ValidateModel();
        DemandInput(Model.Input, Data.ModelInput);
        Model.Validate();
        if (Model.LogitAlpha is { } alpha)
            throw new ArgumentException(
                $"model.logitAlpha is {alpha}, but a logit takes dequantised pixels in [0, 1), which a classifier does "
                    + "not get: set it to null."
            );
    }

    /// <inheritdoc/>
    protected override TrainedModel BuildModel()
    {
        var classifier = new Classifier(Model, Data.Classes);
        return new(classifier, classifier.Body);
    }
}
