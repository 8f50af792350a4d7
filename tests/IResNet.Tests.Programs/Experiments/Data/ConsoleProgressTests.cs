using IResNet.Experiments.Data;

namespace IResNet.Tests.Programs.Experiments.Data;

public class ConsoleProgressTests
{
    private static string Written(bool terminal, params DataProgress[] reports)
    {
        var writer = new StringWriter { NewLine = "\n" };
        var progress = new ConsoleProgress(writer, terminal);
        foreach (var report in reports)
            progress.Report(report);
        progress.Done();
        return writer.ToString();
    }

    private static readonly DataProgress[] Reports =
    [
        new("npm pack"),
        new("downloading f", 1_000_000, 4_000_000, 2_000_000),
        new("downloading f", 4_000_000, 4_000_000),
        new("checking"),
    ];

    [Fact]
    public void OverwritesOnATerminal() =>
        Assert.Equal(
            "\rnpm pack\n\rdownloading f: 1.0 MB of 4.0 MB (25 %), 2.0 MB/s\rdownloading f: 4.0 MB of 4.0 MB (100 %) "
                + "        \n\rchecking\n",
            Written(true, Reports)
        );

    [Fact]
    public void ALineAnActivityInALog() =>
        Assert.Equal("npm pack\ndownloading f: 1.0 MB of 4.0 MB (25 %), 2.0 MB/s\nchecking\n", Written(false, Reports));
}
