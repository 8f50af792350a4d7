namespace IResNet.Experiments.Data.Fetching;

/// <summary>A data set that can be fetched.</summary>
/// <param name="Name">Its name on the command line and of its folder.</param>
/// <param name="Title">Its name in texts.</param>
/// <param name="Format">How it lies on the disk; knows the images' shape and the classes.</param>
/// <param name="Classification">What classifiers do to its images: shifts, flips, statistics per channel.</param>
/// <param name="Sources">Where to fetch it, in the order to try.</param>
internal sealed record ImageData(
    string Name,
    string Title,
    IImageFormat Format,
    Preprocessing Classification,
    IReadOnlyList<IDataSource> Sources
)
{
    /// <summary>The shape of one image.</summary>
    public ImageShape Shape => Format.Shape;

    /// <summary>Names of the classes, by label.</summary>
    public IReadOnlyList<string> Classes => Format.Classes;
}
