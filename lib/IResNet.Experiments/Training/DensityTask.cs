using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>Maximum likelihood on images: the loss is bits/dim with the training estimator.</summary>
internal class DensityTask : ImageTask
{
    private readonly DensityTrainingOptions _options;
    private readonly LogDetEstimator? _named;

    public DensityTask(Flow flow, ImageSplits images, Preprocessing preprocessing, DensityTrainingOptions options)
        : base(flow, images, preprocessing, options)
    {
        if (!preprocessing.Dequantise)
            throw new ArgumentException(
                "A density needs dequantised images: take Preprocessing.MnistDensity, CifarDensity, or set Dequantise.",
                nameof(preprocessing)
            );
        (Flow, _options) = (flow, options);
        _named = options.Estimator?.CreateFor(flow.ResidualBlocks.Select(CoefficientBound).DefaultIfEmpty(0).Max());
    }

    public override Flow Flow { get; }

    public override LogDetEstimator EstimatorFor(LogDetEstimator own) => base.EstimatorFor(_named ?? own);

    public override Tensor Loss(Batch batch) =>
        BitsPerDimension.Of(Flow.LogProb(batch.Images, EstimatorFor), Shape.Dimensions).mean();

    public override Evaluation Evaluate(HeldOut examples, CancellationToken cancel)
    {
        try
        {
            var images = Images.Of(examples);
            return DensityEvaluator.Evaluate(
                Flow,
                images[..Math.Min(_options.EvaluationImages, images.Count)],
                Preprocessing,
                _options.EvaluationTerms,
                _options.EvaluationProbes,
                _options.Seed,
                cancel,
                _named
            );
        }
        finally
        {
            Flow.train();
        }
    }

    public override Tensor Pictures(int count)
    {
        try
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            using var generator = new Generator(Options.Seed);
            Flow.Freeze();
            return Preprocessing.ToPixels(Sample(count, generator)).MoveToOuterDisposeScope();
        }
        finally
        {
            Flow.train();
        }
    }

    /// <summary>Draws images from the frozen flow.</summary>
    protected virtual Tensor Sample(int count, Generator generator) => Flow.Sample(count, generator: generator);
}
