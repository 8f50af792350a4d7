using System.Formats.Tar;
using System.IO.Compression;
using SharpCompress.Compressors.Xz;

namespace IResNet.Experiments.Data.Fetching;

/// <summary>
/// The files in whatever a user has: a folder, a tar archive (plain, gzip, xz), or one file. Archives are read as a
/// stream and never unpacked, so nothing is written where an archive says.
/// </summary>
internal static class DataEntries
{
    // More than any archive of these data sets holds: what exceeds it is not one of them.
    private const int MostEntries = 500_000;
    private const long MostBytes = 2L << 30;

    /// <summary>All regular files, one after the other. Of archives as a whole the end is checked too.</summary>
    /// <exception cref="DataFormatException">The archive is damaged, too large, or names a path outside of
    /// itself.</exception>
    public static IEnumerable<DataEntry> In(string path) =>
        Directory.Exists(path) ? InFolder(path) : InFile(path, Path.GetFileName(path));

    private static IEnumerable<DataEntry> InFolder(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 6 };
        return Directory
            .EnumerateFiles(folder, "*", options)
            .Order(StringComparer.Ordinal)
            .SelectMany(f => InFile(f, Path.GetRelativePath(folder, f).Replace('\\', '/')));
    }

    private static IEnumerable<DataEntry> InFile(string file, string name)
    {
        if (HasEnding(name, ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz"))
            return InTar(file);
        return
        [
            HasEnding(name, ".gz")
                ? new DataEntry(name[..^3], () => new GZipStream(File.OpenRead(file), CompressionMode.Decompress))
                : new DataEntry(name, () => File.OpenRead(file)),
        ];
    }

    private static bool HasEnding(string name, params string[] endings) =>
        endings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<DataEntry> InTar(string archive)
    {
        using var content = new Guarded(Decompress(archive), archive, MostBytes);
        using var tar = new TarReader(content);
        for (int count = 0; Next() is { } entry; count++)
        {
            if (count == MostEntries)
                throw new DataFormatException(
                    archive,
                    $"more than {MostEntries:N0} entries",
                    "an archive of a data set"
                );
            string path = entry.Name.Replace('\\', '/');
            if (path.StartsWith('/') || path.Contains(':') || path.Split('/').Contains(".."))
                throw new DataFormatException(archive, $"the entry '{entry.Name}'", "paths inside the archive");
            if (
                entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                || entry.DataStream is not { } data
            )
                continue;
            yield return HasEnding(path, ".gz")
                ? new DataEntry(path[..^3], () => new GZipStream(data, CompressionMode.Decompress))
                : new DataEntry(path, () => data);
        }
        // Reading to the end lets the decompressor verify its checksum.
        content.CopyTo(Stream.Null);

        TarEntry? Next()
        {
            try
            {
                return tar.GetNextEntry();
            }
            catch (Exception e) when (Guarded.IsDamage(e))
            {
                throw new DataFormatException(archive, "a damaged archive", "an intact tar archive", e);
            }
        }
    }

    private static Stream Decompress(string archive)
    {
        var file = File.OpenRead(archive);
        Span<byte> head = stackalloc byte[6];
        int read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        file.Position = 0;
        // By content: a browser may have unpacked a .gz without a change of its name.
        return head[..read] switch
        {
            [0x1f, 0x8b, ..] => new GZipStream(file, CompressionMode.Decompress),
            [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0] => new XZStream(file),
            _ => file,
        };
    }
}
