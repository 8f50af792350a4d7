using IResNet.Experiments.Data;

namespace IResNet.Experiments.Training;

/// <summary>Images to train on, to watch and choose by, and to report on.</summary>
/// <param name="Train">Training images.</param>
/// <param name="Validation">For evaluations along the way.</param>
/// <param name="Test">For the final figure.</param>
internal sealed record ImageSplits(ImageSplit Train, ImageSplit Validation, ImageSplit Test)
{
    /// <summary>The held-out images of a kind.</summary>
    public ImageSplit Of(HeldOut kind) => kind == HeldOut.Test ? Test : Validation;
}
