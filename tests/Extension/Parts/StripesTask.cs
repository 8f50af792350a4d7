using IResNet.Experiments.Data;
using IResNet.Experiments.Training;

namespace Extension.Parts;

/// <summary>Maximum likelihood, written out.</summary>
internal sealed class StripesTask : TrainingTask
{
    public static readonly Preprocessing Preprocessing = new() { Dequantise = true };

    private readonly ImageDataSet _data;
    private Batches _batches;

    public StripesTask(Flow flow, ImageDataSet data, TrainingOptions options)
        : base(flow, options)
    {
        (Flow, _data) = (flow, data);
        _batches = From(new BatchState(options.Seed));
    }

    public override Flow Flow { get; }

    public override int StepsPerEpoch => _batches.PerEpoch;

    public override BatchState Position
    {
        get => _batches.State;
        set => _batches = From(value);
    }

    public override Tensor InitialExamples() =>
        new Batches(_data.Train, Preprocessing, Options.Seed, new() { Size = Options.InitialExamples }).Next().Images;

    public override Batch Next() => _batches.Next();

    public override Tensor Loss(Batch batch) => -Flow.LogProb(batch.Images, EstimatorFor).mean();

    public override Evaluation Evaluate(HeldOut examples, CancellationToken cancel)
    {
        var figure = DensityEvaluator.Evaluate(Flow, _data.Test, Preprocessing, seed: Options.Seed, cancel: cancel);
        Flow.train();
        return figure;
    }

    public override Tensor Pictures(int count)
    {
        using var noGrad = no_grad();
        Flow.Freeze();
        var pictures = Preprocessing.ToPixels(Flow.Sample(count));
        Flow.train();
        return pictures;
    }

    private Batches From(BatchState state) =>
        new(_data.Train, Preprocessing, state, new() { Size = Options.Batch, DropLast = true });
}
