using System.CommandLine;
using IResNet.Experiments.Data;
using IResNet.Tests.Programs.Experiments;
using IResNet.Tests.Programs.Experiments.Data;
using IResNet.Workbook.Commands;
using CommandLine = IResNet.Tests.Programs.Workbook.Running.CommandLine;

namespace IResNet.Tests.Programs.Workbook.Commands;

public class DataCommandTests
{
    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        int code = await new RootCommand { DataCommand.Create() }
            .Parse(["data", .. arguments])
            .InvokeAsync(new() { Output = output, Error = error }, TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }

    [Fact]
    public async Task ListsWhatIsThere()
    {
        using var folder = new TemporaryFolder();
        var (code, output, _) = await Run("--folder", folder.Path);
        Assert.Equal(0, code);
        Assert.Contains(folder.Path, output);
        Assert.All(DataSets.Names, name => Assert.Matches($@"{name} +not there", output));
    }

    [Fact]
    public async Task UnknownNamesAreRefused()
    {
        var (code, _, error) = await Run("minst");
        Assert.NotEqual(0, code);
        Assert.Contains("minst", error);
        Assert.Contains("fashion-mnist", error);
    }

    [Fact]
    public async Task ErrorsAreMessages()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(
            (1, $"{folder["nowhere"]}: there is no such file or folder (check the path).{Environment.NewLine}"),
            await Run("mnist", "--folder", folder.Path, "--from", folder["nowhere"]) is var (code, _, error)
                ? (code, error)
                : default
        );
        File.WriteAllText(folder["file"], "");
        Assert.Contains(folder["file"], (await Run("mnist", "--folder", folder["file"], "--from", folder.Path)).Error);
    }

    /// <summary>Two processes at once, with the first rows of an invented CIFAR-10: one installs, one finds.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TwoProcessesFetchTheSameSet(bool force)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["mine"]);
        string[] files = [.. Enumerable.Range(1, 5).Select(i => $"data_batch_{i}.bin"), "test_batch.bin"];
        foreach (string file in files)
        {
            byte[] rows = new byte[500 * CifarReader.RowBytes(1)];
            new Random(file.Length).NextBytes(rows);
            for (int i = 0; i < 500; i++)
                rows[i * CifarReader.RowBytes(1)] = (byte)(i % 10);
            File.WriteAllBytes(folder["mine", file], rows);
        }
        string[] arguments =
        [
            "data",
            "cifar10",
            "--from",
            folder["mine"],
            "--folder",
            folder["data"],
            .. force ? new[] { "--force" } : [],
        ];
        for (int round = 0; round < 2; round++)
        {
            using CommandLine first = new(folder.Path, arguments),
                second = new(folder.Path, arguments);
            foreach (var process in new[] { first, second })
            {
                var (code, output) = await process.EndAsync(TestContext.Current.CancellationToken);
                Assert.True(code == 0, output);
                Assert.Contains("2,500 training and 500 test images", output);
            }
        }
        Assert.Equal(
            ["cifar10", "cifar10.lock"],
            Directory.GetFileSystemEntries(folder["data"]).Select(Path.GetFileName).Where(n => n != ".fetching").Order()
        );
        Assert.Equal(files.Append("dataset.json").Order(), Names(folder["data", "cifar10"]));
        static IEnumerable<string?> Names(string path) => Directory.GetFiles(path).Select(Path.GetFileName).Order();
    }

    /// <summary>Two processes that a mirror answers with a page: both say so, and nothing looks whole.</summary>
    [Fact]
    public async Task TwoProcessesGetAPageInsteadOfTheSet()
    {
        Assert.SkipWhen(Directory.Exists("/usr/share/datasets/fashion-mnist"), "Fashion-MNIST is here");
        using var folder = new TemporaryFolder();
        await using var server = new LocalServer(r =>
            r.Serve("<html><title>Blocked</title></html>"u8.ToArray(), "text/html")
        );
        // The publisher's address is http, so that a proxy answers in its place; Debian's way is closed.
        Dictionary<string, string> environment = new()
        {
            ["http_proxy"] = server.Address("").ToString(),
            ["no_proxy"] = "",
            ["PATH"] = Path.GetDirectoryName(Environment.ProcessPath) + ":/usr/bin",
        };
        string[] arguments = ["data", "fashion-mnist", "--folder", folder["data"]];
        using CommandLine first = new(folder.Path, environment, arguments),
            second = new(folder.Path, environment, arguments);
        foreach (var process in new[] { first, second })
        {
            var (code, output) = await process.EndAsync(TestContext.Current.CancellationToken);
            Assert.True(code == 1, output);
            Assert.Contains("an HTML page came instead of the file", output);
            Assert.Contains("\"Blocked\"", output);
            Assert.DoesNotContain("   at ", output);
        }
        Assert.False(Directory.Exists(folder["data", "fashion-mnist"]));
    }
}
