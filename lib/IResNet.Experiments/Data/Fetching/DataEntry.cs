namespace IResNet.Experiments.Data.Fetching;

/// <summary>
/// A file of a folder or archive. Of an archive, it can be opened only until the next entry is asked for.
/// </summary>
/// <param name="Path">Its path inside, with forward slashes and without the ending .gz.</param>
/// <param name="Open">Opens its content, decompressed.</param>
internal sealed record DataEntry(string Path, Func<Stream> Open)
{
    /// <summary>The path's last part.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>Copies the content.</summary>
    /// <exception cref="DataFormatException">It is damaged, or longer than <paramref name="limit"/>.</exception>
    public void CopyTo(Stream target, long limit)
    {
        using var content = new Guarded(Open(), Path, limit);
        content.CopyTo(target);
    }

    /// <summary>Writes the content to a new file, down to the disk.</summary>
    /// <exception cref="DataFormatException">It is damaged, or longer than <paramref name="limit"/>.</exception>
    public void CopyTo(string file, long limit)
    {
        using var target = File.Create(file);
        CopyTo(target, limit);
        target.Flush(flushToDisk: true);
    }
}
