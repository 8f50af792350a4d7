using System.CommandLine;
using IResNet.Experiments.Data;

namespace IResNet.Tests.Experiments;

public class DataCommandLineTests
{
    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await new RootCommand { DataCommandLine.Create() }
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
}
