using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>Maximum likelihood on images: the loss is bits/dim with the training estimator.</summary>
internal sealed class DensityTask : ImageTask
{
    private readonly DensityTrainingOptions _options;
    private readonly ImageSplit _heldOut;
    private readonly TemporaryEstimator _estimator;

    public DensityTask(Flow flow, ImageSplit train, ImageSplit heldOut, Preprocessing preprocessing, DensityTrainingOptions options)
        : base(flow, flow, train, preprocessing, options)
    {
        if (!preprocessing.Dequantise)
            throw new ArgumentException("A density needs dequantised images: take Preprocessing.MnistDensity, CifarDensity, or set Dequantise.", nameof(preprocessing));
        (_options, _heldOut) = (options, heldOut);
        _estimator = new TemporaryEstimator(flow, options.Estimator switch
        {
            DensityEstimator.Neumann => new NeumannSeries(options.Terms, options.Probes, new RademacherProbes(Generator)),
            DensityEstimator.PowerSeries => new PowerSeries(options.Terms, options.Probes, new GaussianProbes(Generator)),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Estimator, "Unknown estimator."),
        });
    }

    public override Tensor Loss(Batch batch) => BitsPerDimension.Of(Flow.forward(batch.Images), Shape.Dimensions).mean();

    public override Evaluation Evaluate(CancellationToken cancel)
    {
        try
        {
            var images = _heldOut[..Math.Min(_options.EvaluationImages, _heldOut.Count)];
            return DensityEvaluator.Evaluate(Flow, images, Preprocessing, _options.EvaluationTerms, _options.EvaluationProbes, _options.Seed, cancel);
        }
        finally
        {
            Flow.train();
        }
    }

    public override void Dispose()
    {
        _estimator.Dispose();
        base.Dispose();
    }
}
