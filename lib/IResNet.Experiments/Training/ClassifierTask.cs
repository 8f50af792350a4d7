using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>Cross entropy on labelled images, for any network from images to logits.</summary>
internal sealed class ClassifierTask(
    nn.Module<Tensor, Tensor> classifier,
    ImageSplits images,
    Preprocessing preprocessing,
    ClassifierTrainingOptions options
) : ImageTask(classifier, images, preprocessing, options)
{
    // On CIFAR-10 ten times as many change the error by 0.1 points at most.
    private const int StatisticsImages = 1000,
        StatisticsBatch = 250;

    public override Flow? Flow => (classifier as Classifier)?.Body;

    public override Tensor Loss(Batch batch)
    {
        var logits = classifier.forward(batch.Images);
        ClassLabels.Demand(batch.Labels, batch.Count, logits.size(1));
        return nn.functional.cross_entropy(logits, batch.Labels);
    }

    /// <summary>
    /// BatchNorm's statistics, from training images under the norms with which the body is evaluated.
    /// </summary>
    public override void Recalibrate()
    {
        if (classifier is not Classifier invertible)
            return;
        try
        {
            using var noGrad = no_grad();
            classifier.eval();
            invertible.Body.Freeze();
            var images = Images.Train[..Math.Min(StatisticsImages, Images.Train.Count)];
            var batches = new Batches(
                images,
                Preprocessing.ForEvaluation(),
                Options.Seed,
                new()
                {
                    Size = Math.Min(StatisticsBatch, images.Count),
                    Shuffle = false,
                    Device = Device,
                }
            );
            invertible.UpdateBatchNorm(batches.Epoch().Select(batch => batch.Images));
        }
        finally
        {
            classifier.train();
        }
    }

    public override Evaluation Evaluate(HeldOut examples, CancellationToken cancel)
    {
        Recalibrate();
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
        if (classifier is not Classifier { Body: var body } invertible)
            throw new NotSupportedException("A network without an inverse makes no pictures.");
        try
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            classifier.eval();
            body.Freeze();
            var heldOut = Images.Of(HeldOut.Validation);
            var x = Preprocessing
                .ForEvaluation()
                .ToTensor(heldOut[..Math.Min((count + 1) / 2, heldOut.Count)], Options.Seed)
                .to(Device);
            var back = body.Transform.Inverse(invertible.Features(x)).Value;
            return Preprocessing.ToPixels(cat([x, back])).MoveToOuterDisposeScope();
        }
        finally
        {
            classifier.train();
        }
    }
}
