namespace IResNet.Experiments.Data.Fetching;

/// <summary>A data set that can be fetched.</summary>
/// <param name="Name">Its name on the command line and of its folder.</param>
/// <param name="Title">Its name in texts.</param>
/// <param name="Format">How it lies on the disk.</param>
/// <param name="Sources">Where to fetch it, in the order to try.</param>
internal sealed record ImageData(string Name, string Title, IImageFormat Format, IReadOnlyList<IDataSource> Sources);
