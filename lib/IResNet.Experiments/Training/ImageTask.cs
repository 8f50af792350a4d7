using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>Training on batches of a data set's images.</summary>
internal abstract class ImageTask : TrainingTask
{
    private Batches _batches;

    protected ImageTask(nn.Module model, ImageSplits images, Preprocessing preprocessing, TrainingOptions options)
        : base(model, options)
    {
        (Images, Preprocessing) = (images, preprocessing);
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

    protected ImageSplits Images { get; }

    protected Preprocessing Preprocessing { get; }

    public override Tensor InitialExamples() =>
        new Batches(
            Images.Train,
            Preprocessing,
            Options.Seed,
            new() { Size = Math.Min(Options.InitialExamples, Images.Train.Count), Device = Device }
        )
            .Next()
            .Images;

    public override Batch Next() => _batches.Next();

    private Batches From(BatchState state) => From(state, Preprocessing);

    /// <summary>The training batches from a place on, under a preprocessing.</summary>
    /// <remarks>A last, smaller batch of an epoch is left out: its estimate is noisier, and ActNorm and BatchNorm do
    /// not like batches of one.</remarks>
    protected Batches From(BatchState state, Preprocessing preprocessing) =>
        new(
            Images.Train,
            preprocessing,
            state,
            new()
            {
                Size = Options.Batch,
                DropLast = true,
                Device = Device,
            }
        );
}
