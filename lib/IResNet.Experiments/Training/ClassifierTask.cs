using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>Cross entropy on labelled images.</summary>
internal sealed class ClassifierTask(
    Classifier classifier, ImageSplits images, Preprocessing preprocessing, ClassifierTrainingOptions options)
    : ImageTask(classifier, classifier.Body, images, preprocessing, options)
{
    public override Tensor Loss(Batch batch) => nn.functional.cross_entropy(classifier.forward(batch.Images), batch.Labels);

    public override Evaluation Evaluate(HeldOut examples, CancellationToken cancel)
    {
        try
        {
            var heldOut = Images.Of(examples);
            var part = options.EvaluationImages is { } count && count < heldOut.Count ? heldOut[..count] : heldOut;
            return ClassifierEvaluator.Evaluate(classifier, part, Preprocessing, cancel);
        }
        finally
        {
            classifier.train();
        }
    }

    /// <summary>Held-out images and, behind them, what the body's inverse makes of their features.</summary>
    public override Tensor Pictures(int count)
    {
        try
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            classifier.eval();
            classifier.Body.Freeze();
            var heldOut = Images.Of(HeldOut.Validation);
            var x = Preprocessing.ForEvaluation().ToTensor(heldOut[..Math.Min((count + 1) / 2, heldOut.Count)], Options.Seed).to(Device);
            var back = classifier.Body.Transform.Inverse(classifier.Features(x)).Value;
            return Preprocessing.ToPixels(cat([x, back])).MoveToOuterDisposeScope();
        }
        finally
        {
            classifier.train();
        }
    }
}
