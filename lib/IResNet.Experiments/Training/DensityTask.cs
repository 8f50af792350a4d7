using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>Maximum likelihood on images: the loss is bits/dim with the training estimator.</summary>
internal sealed class DensityTask : TrainingTask
{
    private readonly DensityTrainingOptions _options;
    private readonly ImageSplit _train, _heldOut;
    private readonly Preprocessing _preprocessing;
    private readonly TemporaryEstimator _estimator;
    private Batches _batches;

    public DensityTask(Flow flow, ImageSplit train, ImageSplit heldOut, Preprocessing preprocessing, DensityTrainingOptions options) : base(flow, flow, options)
    {
        if (!preprocessing.Dequantise)
            throw new ArgumentException("A density needs dequantised images: take Preprocessing.MnistDensity, CifarDensity, or set Dequantise.", nameof(preprocessing));
        (_options, _train, _heldOut, _preprocessing) = (options, train, heldOut, preprocessing);
        _batches = From(new BatchState(options.Seed));
        _estimator = new TemporaryEstimator(flow, options.Estimator switch
        {
            DensityEstimator.Neumann => new NeumannSeries(options.Terms, options.Probes, new RademacherProbes(Generator)),
            DensityEstimator.PowerSeries => new PowerSeries(options.Terms, options.Probes, new GaussianProbes(Generator)),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Estimator, "Unknown estimator."),
        });
    }

    public override int StepsPerEpoch => _batches.PerEpoch;

    public override BatchState Position
    {
        get => _batches.State;
        set => _batches = From(value);
    }

    public override Tensor InitialExamples() =>
        new Batches(_train, _preprocessing, Options.Seed, new() { Size = Math.Min(Options.InitialExamples, _train.Count), Device = Device }).Next().Images;

    public override Batch Next() => _batches.Next();

    public override Tensor Loss(Batch batch) => BitsPerDimension.Of(Flow.forward(batch.Images), _batches.Shape.Dimensions).mean();

    public override Evaluation Evaluate(CancellationToken cancel)
    {
        try
        {
            var images = _heldOut[..Math.Min(_options.EvaluationImages, _heldOut.Count)];
            return DensityEvaluator.Evaluate(Flow, images, _preprocessing, _options.EvaluationTerms, _options.EvaluationProbes, _options.Seed, cancel);
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

    private Batches From(BatchState state) => new(_train, _preprocessing, state, new() { Size = Options.Batch, DropLast = true, Device = Device });
}
