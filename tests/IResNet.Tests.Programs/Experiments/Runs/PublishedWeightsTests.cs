using System.Security.Cryptography;
using IResNet.Experiments.Runs;

namespace IResNet.Tests.Programs.Experiments.Runs;

/// <summary>The trained models beside the notebooks: small, whole, described, and invertible.</summary>
public class PublishedWeightsTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "notebooks", "weights");

    public static TheoryData<string> Files =>
        [
            .. Directory
                .GetFiles(Folder, "*.safetensors")
                .Select(path => Path.GetFileName(path))
                .Order(StringComparer.Ordinal),
        ];

    [Theory, MemberData(nameof(Files))]
    public void AModelOpensAndTellsItsRun(string file)
    {
        string path = Path.Combine(Folder, file);
        using var saved = SavedModel.Open(path);
        Assert.Equal(RunState.Finished, saved.Summary!.State);
        Assert.NotNull(saved.Summary.TestFigure);
        Assert.Contains(
            Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))),
            File.ReadAllText(Path.Combine(Folder, "README.md"))
        );
    }

    [Fact]
    public void TogetherTheyAreSmall() =>
        Assert.InRange(Directory.GetFiles(Folder).Sum(file => new FileInfo(file).Length), 1, 20 << 20);
}
