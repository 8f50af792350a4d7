namespace IResNet.Experiments.Data.Fetching;

/// <summary>CIFAR-10 and CIFAR-100: files of rows. Images in class folders are turned into such files.</summary>
internal sealed class CifarFormat : IImageFormat
{
    /// <summary>The data set's name.</summary>
    public required string Title { get; init; }

    /// <summary>Training files, and the number of rows in each as published.</summary>
    public required string[] TrainFiles { get; init; }

    /// <inheritdoc cref="TrainFiles"/>
    public required int TrainRows { get; init; }

    /// <summary>The test file, and the number of its rows as published.</summary>
    public required string TestFile { get; init; }

    /// <inheritdoc cref="TestFile"/>
    public required int TestRows { get; init; }

    /// <summary>Label bytes per row; the last is the class.</summary>
    public required int LabelBytes { get; init; }

    /// <inheritdoc/>
    public required IReadOnlyList<string> Classes { get; init; }

    public ImageShape Shape => CifarReader.Shape;

    /// <summary>Published SHA-256 of the files, in the order of <see cref="Files"/>.</summary>
    public required string[] Sha256 { get; init; }

    /// <summary>
    /// SHA-256 of each file's first <see cref="HeadRows"/> rows: tells that a part of the data set is genuine.
    /// </summary>
    public string[] HeadSha256 { get; init; } = [];

    /// <inheritdoc cref="HeadSha256"/>
    public int HeadRows { get; init; }

    public string[] Files => field ??= [.. TrainFiles, TestFile];

    public string Import(IEnumerable<DataEntry> entries, string source, string folder, CancellationToken cancel)
    {
        var pictures = new PictureFolders([.. Classes], LabelBytes);
        foreach (var entry in entries)
        {
            cancel.ThrowIfCancellationRequested();
            string target = Path.Combine(folder, entry.Name);
            if (Files.Contains(entry.Name) && !File.Exists(target))
                entry.CopyTo(target, (long)Math.Max(TrainRows, TestRows) * CifarReader.RowBytes(LabelBytes));
            else
                pictures.TryAdd(entry);
        }

        var missing = Files.Where(f => !File.Exists(Path.Combine(folder, f))).ToList();
        if (missing.Count == 0)
            return $"{Title}{Remark(source, folder)}";
        if (missing.Count < Files.Length || pictures.IsEmpty)
            throw new DataFormatException(
                source,
                $"no {string.Join(", no ", missing)}",
                $"the binary version of {Title}, or pictures in folders train/CLASS and test/CLASS"
            );

        var (train, test) = (pictures.Rows("train"), pictures.Rows("test"));
        if (train.Count == 0 || test.Count == 0)
            throw new DataFormatException(
                source,
                $"{train.Count:N0} pictures below train, {test.Count:N0} below test",
                "some in each"
            );
        for (int i = 0; i < TrainFiles.Length; i++)
            Write(
                TrainFiles[i],
                train[(i * train.Count / TrainFiles.Length)..((i + 1) * train.Count / TrainFiles.Length)]
            );
        Write(TestFile, test);
        return train.Count == TrainRows * TrainFiles.Length && test.Count == TestRows
            ? $"{Title} (JPEG)"
            : $"{Title} (JPEG, {train.Count:N0} + {test.Count:N0} images)";

        void Write(string name, List<byte[]> rows)
        {
            using var file = File.Create(Path.Combine(folder, name));
            rows.ForEach(row => file.Write(row));
            file.Flush(flushToDisk: true);
        }
    }

    /// <summary>
    /// What must be said of binary files: that they are only a part, or not known to be the published ones.
    /// </summary>
    private string Remark(string source, string folder)
    {
        var paths = Files.Select(f => Path.Combine(folder, f)).ToList();
        var rows = Files
            .Select((f, i) => CifarReader.Rows($"{source}: {f}", new FileInfo(paths[i]).Length, LabelBytes))
            .ToList();
        bool whole = rows.SkipLast(1).All(r => r == TrainRows) && rows[^1] == TestRows;
        if (!whole && rows.Distinct().Count() > 1)
            throw new DataFormatException(
                source,
                $"{string.Join(", ", rows)} rows in {string.Join(", ", Files)}",
                $"{TrainRows:N0} rows in a training file and {TestRows:N0} in the test file, or the same number of "
                    + "first rows of each"
            );

        string[] published =
            whole ? Sha256
            : rows[0] == HeadRows ? HeadSha256
            : [];
        bool genuine = paths.Select(p => Checksum.Sha256OfFile(p)).SequenceEqual(published);
        return (whole, genuine) switch
        {
            (true, true) => "",
            (true, false) => " (unverified copy)",
            (false, true) => $" (first {rows[0]:N0} of each file)",
            (false, false) => $" (first {rows[0]:N0} of each file, unverified copy)",
        };
    }

    public ImageDataSet Read(string name, IReadOnlyList<(string Path, byte[] Content)> files) =>
        new(name, Classes, Split([.. files.SkipLast(1)]), Split([files[^1]]));

    private ImageSplit Split(List<(string Path, byte[] Content)> files)
    {
        var counts = files.ConvertAll(f => CifarReader.Rows(f.Path, f.Content.Length, LabelBytes));
        byte[] images = new byte[counts.Sum() * CifarReader.Shape.Dimensions];
        byte[] labels = new byte[counts.Sum()];
        int start = 0;
        for (int i = 0; i < files.Count; start += counts[i++])
            CifarReader.Read(
                files[i].Path,
                files[i].Content,
                LabelBytes,
                Classes.Count,
                images.AsSpan(start * CifarReader.Shape.Dimensions),
                labels.AsSpan(start)
            );
        return new(CifarReader.Shape, images, labels);
    }
}
