namespace IResNet.Tests.Parity;

/// <summary>
/// Files of numbers that official PyTorch codes computed: every *.safetensors below the folder in IRESNET_FIXTURES, by
/// default <c>fixtures</c> beside these tests. A file's kind is in its metadata.
/// </summary>
internal static class OfficialFixtures
{
    private const string Variable = "IRESNET_FIXTURES";

    private static readonly string Folder = Path.GetFullPath(
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } configured
            ? configured
            : Path.Combine(Repository.Root, "tests", "IResNet.Tests", "fixtures")
    );

    /// <summary>
    /// One row per file of the kind. Where there is nothing to test, one row without a name, which
    /// <see cref="Open"/> turns into a skip or a failure.
    /// </summary>
    public static TheoryData<string?> OfKind(string kind)
    {
        string[] names = Files()
            .Where(path => Kind(path) == kind)
            .Select(path => Path.GetRelativePath(Folder, path))
            .ToArray();
        return names.Length > 0 ? new TheoryData<string?>(names) : new TheoryData<string?>((string?)null);
    }

    public static OfficialFixture Open(string? file)
    {
        if (file is not null)
            return new(SafeTensors.Load(Path.Combine(Folder, file)));
        if (Files().Length > 0)
            Assert.Skip($"{Folder} has no file of this kind.");
        Assert.Fail($"{Folder} has no *.safetensors file.");
        throw new InvalidOperationException();
    }

    private static string[] Files() =>
        Directory.Exists(Folder)
            ?
            [
                .. Directory
                    .GetFiles(Folder, "*.safetensors", SearchOption.AllDirectories)
                    .Order(StringComparer.Ordinal),
            ]
            : [];

    private static string? Kind(string path)
    {
        using var file = SafeTensors.Load(path);
        return file.Metadata.GetValueOrDefault("kind");
    }
}
