using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>Training on batches of a data set's images.</summary>
internal abstract class ImageTask : TrainingTask
{
    private readonly ImageSplit _train;
    private Batches _batches;

    protected ImageTask(nn.Module model, Flow flow, ImageSplit train, Preprocessing preprocessing, TrainingOptions options) : base(model, flow, options)
    {
        (_train, Preprocessing) = (train, preprocessing);
        _batches = From(new BatchState(options.Seed));
    }

    public override int StepsPerEpoch => _batches.PerEpoch;

    public override BatchState Position
    {
        get => _batches.State;
        set => _batches = From(value);
    }

    /// <summary>The shape of an image as the model gets it.</summary>
    public ImageShape Shape => _batches.Shape;

    protected Preprocessing Preprocessing { get; }

    public override Tensor InitialExamples() =>
        new Batches(_train, Preprocessing, Options.Seed, new() { Size = Math.Min(Options.InitialExamples, _train.Count), Device = Device }).Next().Images;

    public override Batch Next() => _batches.Next();

    // A last, smaller batch of an epoch is left out: its estimate is noisier, and ActNorm and BatchNorm do not like batches of one.
    private Batches From(BatchState state) => new(_train, Preprocessing, state, new() { Size = Options.Batch, DropLast = true, Device = Device });
}
