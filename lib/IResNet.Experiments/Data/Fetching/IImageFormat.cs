namespace IResNet.Experiments.Data.Fetching;

/// <summary>How a data set lies on the disk.</summary>
internal interface IImageFormat
{
    /// <summary>The shape of one image.</summary>
    ImageShape Shape { get; }

    /// <summary>Names of the classes, by label.</summary>
    IReadOnlyList<string> Classes { get; }

    /// <summary>Names of the files, in the order of <see cref="Read"/>.</summary>
    string[] Files { get; }

    /// <summary>Picks the data set's files out of what was fetched and writes them into a folder.</summary>
    /// <param name="entries">What was fetched.</param>
    /// <param name="source">Where it is from, for messages.</param>
    /// <param name="folder">An empty folder.</param>
    /// <param name="cancel">Stops between two files.</param>
    /// <returns>The name to print beside figures, which tells what is not as published.</returns>
    /// <exception cref="DataSetException">Files are missing or wrong.</exception>
    string Import(IEnumerable<DataEntry> entries, string source, string folder, CancellationToken cancel);

    /// <summary>Makes the data set from the contents of <see cref="Files"/>.</summary>
    /// <exception cref="DataFormatException">A file is wrong.</exception>
    ImageDataSet Read(string name, IReadOnlyList<(string Path, byte[] Content)> files);
}
