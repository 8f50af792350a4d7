using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>Maximum likelihood on points of a 2-D density, with the exact log-determinant: the loss is in nats.</summary>
internal sealed class ToyTask : TrainingTask
{
    // Held-out points and those that initialise ActNorm must not be those of a step.
    private const ulong EvaluationSeed = 0x9E3779B9, InitialSeed = 0x85EBCA6B;

    private readonly string _density;
    private readonly ToyTrainingOptions _options;
    private readonly TemporaryEstimator _estimator;

    public ToyTask(Flow flow, string density, ToyTrainingOptions options) : base(flow, flow, options)
    {
        if (!ToyData.Names.Contains(density))
            throw new ArgumentException($"There is no toy density '{density}': choose {string.Join(", ", ToyData.Names)}.", nameof(density));
        (_density, _options) = (density, options);
        _estimator = new TemporaryEstimator(flow, new ExactLogDet());
    }

    public override int StepsPerEpoch => 1;

    /// <summary>There is none: every step draws its points from its own seed.</summary>
    public override BatchState Position { get; set; }

    public override Tensor InitialExamples() => Points(InitialSeed, Options.InitialExamples);

    public override Batch Next() => new(ToyData.Sample(_density, Options.Batch, Generator, Flow.Prior.Mean.dtype), zeros(Options.Batch, int64, Device));

    public override Tensor Loss(Batch batch) => -Flow.forward(batch.Images).mean();

    public override Evaluation Evaluate(CancellationToken cancel)
    {
        try
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            Flow.Freeze();
            var nats = -Flow.forward(Points(EvaluationSeed, _options.EvaluationPoints));
            var (mean, halfWidth) = Evaluation.MeanOf([.. nats.to(ScalarType.Float64).cpu().data<double>()]);
            return new("nats", mean, mean - halfWidth, mean + halfWidth, _options.EvaluationPoints);
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

    private Tensor Points(ulong seed, int count)
    {
        using var generator = new Generator(seed, Device);
        return ToyData.Sample(_density, count, generator, Flow.Prior.Mean.dtype);
    }
}
