namespace IResNet.Tests.Parity;

/// <summary>
/// Files of numbers that the official PyTorch code computed: every *.safetensors of the folder in IRESNET_FIXTURES, by
/// default shared/fixtures/official beside the repository.
/// </summary>
internal static class OfficialFixtures
{
    private const string Variable = "IRESNET_FIXTURES";

    private static readonly string? Configured = Environment.GetEnvironmentVariable(Variable);

    private static readonly string Folder = Configured
        ?? Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", "fixtures", "official"));

    /// <summary>
    /// One row a file of the kind. Where there is nothing to test, one row without a name, which <see cref="Open"/>
    /// turns into a skip or a failure.
    /// </summary>
    public static TheoryData<string?> OfKind(string kind)
    {
        var names = Files().Where(path => Kind(path) == kind).Select(path => Path.GetFileName(path)!).ToArray();
        return names.Length > 0 ? new TheoryData<string?>(names) : new TheoryData<string?>((string?)null);
    }

    public static OfficialFixture Open(string? file)
    {
        if (file is not null)
            return new(SafeTensors.Load(Path.Combine(Folder, file)));
        if (Files().Length > 0)
            Assert.Skip($"{Folder} has no file of this kind.");
        if (Configured is null && !Directory.Exists(Folder))
            Assert.Skip($"There is no {Folder}; set {Variable} to a folder of fixtures.");
        Assert.Fail($"{Folder} has no *.safetensors file.");
        throw new InvalidOperationException();
    }

    private static string[] Files() =>
        Directory.Exists(Folder) ? [.. Directory.GetFiles(Folder, "*.safetensors").Order(StringComparer.Ordinal)] : [];

    private static string? Kind(string path)
    {
        using var file = SafeTensors.Load(path);
        return file.Metadata.GetValueOrDefault("kind");
    }
}
