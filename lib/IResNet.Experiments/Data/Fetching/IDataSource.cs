namespace IResNet.Experiments.Data.Fetching;

/// <summary>A place to fetch a data set from.</summary>
internal interface IDataSource
{
    /// <summary>Its address, for messages and for the record of where the files are from.</summary>
    string Address { get; }

    /// <summary>Fetches the files.</summary>
    /// <param name="work">A folder for what arrives. It is kept when the fetching breaks off, so that it can be
    /// resumed, and deleted afterwards.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancel">Stops the fetching.</param>
    /// <returns>A folder, an archive or a file.</returns>
    /// <exception cref="DataSetException">It did not work; the reason.</exception>
    Task<string> Fetch(string work, IProgress<DataProgress> progress, CancellationToken cancel);
}
