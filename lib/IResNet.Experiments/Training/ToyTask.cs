using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>
/// Maximum likelihood on points of a 2-D density with the flow's own estimators, which of a <see cref="ToyFlow"/> are
/// exact: the loss is in nats.
/// </summary>
internal sealed class ToyTask : TrainingTask
{
    // Held-out points and those that initialise ActNorm must not be those of a step.
    private const ulong ValidationSeed = 0x9E3779B9,
        TestSeed = 0xC2B2AE35,
        InitialSeed = 0x85EBCA6B;
    private const double Extent = 4;
    private const int Pixels = 128,
        PointsOfPicture = 20_000;

    private readonly string _density;
    private readonly ToyTrainingOptions _options;

    public ToyTask(Flow flow, string density, ToyTrainingOptions options)
        : base(flow, options)
    {
        if (!ToyData.Names.Contains(density))
            throw new ArgumentException(
                $"There is no toy density '{density}': choose {string.Join(", ", ToyData.Names)}.",
                nameof(density)
            );
        (Flow, _density, _options) = (flow, density, options);
    }

    public override Flow Flow { get; }

    public override int StepsPerEpoch => 1;

    /// <summary>There is none: every step draws its points from its own seed.</summary>
    public override BatchState Position { get; set; }

    public override Tensor InitialExamples() => Points(InitialSeed, Options.InitialExamples);

    public override Batch Next() =>
        new(ToyData.Sample(_density, Options.Batch, Generator, Flow.Type, Device), zeros(Options.Batch, int64, Device));

    public override Tensor Loss(Batch batch) => -Flow.LogProb(batch.Images, EstimatorFor).mean();

    public override Evaluation Evaluate(HeldOut examples, CancellationToken cancel)
    {
        try
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            Flow.Freeze();
            using var generator = new Generator(Options.Seed);
            var nats = -Flow.LogProb(
                Points(examples == HeldOut.Test ? TestSeed : ValidationSeed, _options.EvaluationPoints),
                own => own.ForEvaluation().Seeded(generator)
            );
            var (mean, halfWidth) = Evaluation.MeanOf([.. nats.ReadDoubles()]);
            return new("nats", mean, mean - halfWidth, mean + halfWidth, _options.EvaluationPoints);
        }
        finally
        {
            Flow.train();
        }
    }

    /// <summary>Densities of the data and of the model's samples, as two pictures of the square from -4 to 4.</summary>
    public override Tensor Pictures(int count)
    {
        try
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            using var generator = new Generator(Options.Seed);
            Flow.Freeze();
            var samples = Flow.Sample(PointsOfPicture, generator: generator);
            return stack([Histogram(Points(TestSeed, PointsOfPicture)), Histogram(samples)])
                .unsqueeze(1)
                .MoveToOuterDisposeScope();
        }
        finally
        {
            Flow.train();
        }
    }

    /// <summary>
    /// The square from -4 to 4 as a picture: square roots of counts, relative to the largest; shape (128, 128).
    /// </summary>
    internal static Tensor Histogram(Tensor points)
    {
        var cell = ((points + Extent) * (Pixels / (2 * Extent))).floor().to(ScalarType.Int64);
        var inside = cell.ge(0).logical_and(cell.lt(Pixels)).all(dim: 1);
        // The vertical axis points up.
        var index = (Pixels - 1 - cell.select(1, 1)) * Pixels + cell.select(1, 0);
        var counts = bincount(index.masked_select(inside), minlength: Pixels * Pixels)
            .to(ScalarType.Float32)
            .view(Pixels, Pixels);
        return (counts / counts.max().clamp_min(1)).sqrt();
    }

    private Tensor Points(ulong seed, int count)
    {
        using var generator = new Generator(seed);
        return ToyData.Sample(_density, count, generator, Flow.Type, Device);
    }
}
