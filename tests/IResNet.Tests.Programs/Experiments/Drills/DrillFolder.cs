using IResNet.Experiments.Data;
using IResNet.Experiments.Data.Fetching;
using IResNet.Experiments.Runs;

namespace IResNet.Tests.Programs.Experiments.Drills;

/// <summary>A temporary folder with run folders in it.</summary>
internal sealed class DrillFolder : IDisposable
{
    private int _count;

    /// <summary>The full drills take MNIST too, where it is installed: a test does not fetch it.</summary>
    public static string[] Kinds { get; } =
        Drill.IsFull && new DataFolder(DataFolder.DefaultRoot).Find(Catalogue.Mnist) is not null
            ? ["toy", "density", "classifier"]
            : ["toy"];

    public string Path { get; } = Directory.CreateTempSubdirectory("iresnet-drill-").FullName;

    public RunFolder Next() => new(System.IO.Path.Combine(Path, $"run-{++_count}"));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
