using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>Cross entropy on labelled images.</summary>
internal sealed class ClassifierTask(
    Classifier classifier, ImageSplit train, ImageSplit heldOut, Preprocessing preprocessing, ClassifierTrainingOptions options)
    : ImageTask(classifier, classifier.Body, train, preprocessing, options)
{
    public override Tensor Loss(Batch batch) => nn.functional.cross_entropy(classifier.forward(batch.Images), batch.Labels);

    public override Evaluation Evaluate(CancellationToken cancel)
    {
        try
        {
            var images = options.EvaluationImages is { } count && count < heldOut.Count ? heldOut[..count] : heldOut;
            return ClassifierEvaluator.Evaluate(classifier, images, Preprocessing, cancel);
        }
        finally
        {
            classifier.train();
        }
    }
}
