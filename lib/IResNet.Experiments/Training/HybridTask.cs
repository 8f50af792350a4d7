using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>A hybrid model on labelled images: <see cref="HybridFlow.Loss"/>.</summary>
internal sealed class HybridTask(
    HybridFlow flow,
    ImageSplits images,
    Preprocessing preprocessing,
    HybridTrainingOptions options
) : DensityTask(flow, images, preprocessing, options)
{
    private readonly Preprocessing? _classImages = options.ImagesForClasses(preprocessing, images.Train.Shape);
    private Batches? _views;
    private bool _judged;

    public override BatchState Position
    {
        get => base.Position;
        set => (base.Position, _views) = (value, null);
    }

    /// <summary>
    /// A density's weights know no classes, nor does a new head: Gaussians are fitted to the flow's latents, so that
    /// classification begins as Bayes' rule and does not tear the flow apart.
    /// </summary>
    public override void TakeOver()
    {
        if (flow.Joint is ClassGaussians { AreAlike: true })
            ClassGaussiansFit.Fit(flow, Images.Train, Preprocessing, options.Seed);
    }

    /// <summary>Of the same images in the same order, whatever is done to them.</summary>
    public override Batch Next()
    {
        if (_classImages is null)
            return base.Next();
        _views ??= From(Position, _classImages);
        var (images, labels) = base.Next();
        var (views, again) = _views.Next();
        again.Dispose();
        return new(images, labels, views);
    }

    /// <exception cref="ConfigurationException">The Gaussians neither know the classes nor learn them.</exception>
    public override Tensor Loss(Batch batch)
    {
        if (!_judged && flow.Joint is ClassGaussians { AreLearned: false, AreAlike: true })
            throw new ConfigurationException(
                "model.learnedPrior is false, and the Gaussians are the same for every class: begin from a density's "
                    + "weights, to whose latents they are fitted (iresnet import), call ClassGaussians.Fit, or set "
                    + "it to true."
            );
        _judged = true;
        return flow.Loss(
            batch.Images,
            batch.Labels,
            options.Weight,
            EstimatorFor,
            options.ClassTemperature,
            batch.Views
        );
    }

    public override Evaluation Evaluate(HeldOut examples, CancellationToken cancel)
    {
        try
        {
            var classification = HybridEvaluator.Classify(
                flow,
                Images.Of(examples),
                Preprocessing,
                options.Seed,
                cancel
            );
            return new HybridEvaluation(classification, (DensityEvaluation)base.Evaluate(examples, cancel));
        }
        finally
        {
            flow.train();
        }
    }

    /// <summary>Samples of the classes in turn.</summary>
    protected override Tensor Sample(int count, Generator generator)
    {
        var latents = Enumerable
            .Range(0, count)
            .Select(i => flow.Joint.SampleClass(i % flow.Classes, 1, generator: generator))
            .ToList();
        return flow.Transform.Inverse(cat(latents)).Value;
    }
}
