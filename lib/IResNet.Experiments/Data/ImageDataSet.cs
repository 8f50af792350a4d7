namespace IResNet.Experiments.Data;

/// <summary>Labelled images with their official division into training and test.</summary>
/// <param name="Name">What to print beside every figure: "MNIST", or "CIFAR-10 (JPEG)" where the images are not the
/// original ones.</param>
/// <param name="Classes">Names of the classes, by label.</param>
/// <param name="Train">The training images.</param>
/// <param name="Test">The test images.</param>
public sealed record ImageDataSet(string Name, IReadOnlyList<string> Classes, ImageSplit Train, ImageSplit Test)
{
    /// <summary>
    /// What classifiers do to the images unless told otherwise: shifts, flips, mean and standard deviation per channel.
    /// The published data sets have their own. By default x in [-0.5, 0.5] and nothing random.
    /// </summary>
    public Preprocessing Classification { get; init; } = new();

    /// <summary>The shape of one image.</summary>
    public ImageShape Shape => Train.Shape;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Name}: {Train.Count:N0} training and {Test.Count:N0} test images, {Shape}, {Classes.Count} classes";
}
