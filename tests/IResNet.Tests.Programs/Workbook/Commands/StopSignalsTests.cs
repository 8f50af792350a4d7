using System.Diagnostics;
using IResNet.Experiments.Runs;
using IResNet.Tests.Programs.Experiments;
using CommandLine = IResNet.Tests.Programs.Workbook.Running.CommandLine;

namespace IResNet.Tests.Programs.Workbook.Commands;

/// <summary>Signals to a program in a process of its own: all alike, at any moment, with their exit codes.</summary>
public sealed class StopSignalsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public StopSignalsTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "needs signals");

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("HUP", 129)]
    [InlineData("USR1", 138)]
    [InlineData("USR2", 140)]
    public async Task ATrainingSavesACheckpoint(string signal, int exitCode)
    {
        string[] changes = ["training.steps=1000000", "run.checkpointEvery=null", "run.logEvery=1", "model.blocks=2"];
        using var process = Start(["train", "density-toy", "--run", "r", "--set", .. changes]);
        var run = new RunFolder(_folder["r"]);
        await Until(() => run.Losses.Count > 5, process);
        Signal(process, signal);
        var (code, output) = await process.EndAsync(Cancel);
        Assert.True(code == exitCode, output);
        Assert.Equal(RunState.Interrupted, run.Summary!.State);
        Assert.True(run.Summary.Step > 5);
        Assert.Equal(run.Summary.Step, new CheckpointFolder(run.CheckpointsFolder).Steps[0]);
    }

    /// <summary>A model that takes a minute to build, and nothing is lost.</summary>
    [Fact]
    public async Task BuildingAModelIsNotWaitedFor()
    {
        string[] large = ["model.blocks=3000", "model.hidden=512,512,512"];
        using var process = Start(["train", "density-toy", "--run", "a run", "--set", .. large]);
        await Until(() => process.Output.Contains("run folder"), process);
        await Task.Delay(300, Cancel);
        var clock = Stopwatch.StartNew();
        Signal(process, "TERM");
        var (code, output) = await process.EndAsync(Cancel);
        Assert.True(code == 143, output);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 10);
        Assert.Contains("iresnet train --run 'a run' --resume", output);
        Assert.False(File.Exists(_folder["a run", "summary.json"]));
        Assert.True(new RunFolder(_folder["a run"]).Exists);
    }

    /// <summary>A computation that never looks at a token.</summary>
    [Fact]
    public async Task ComputationsAreLeftBehind()
    {
        string weights = Path.Combine(Repository.Root, "notebooks", "weights", "density-mnist.safetensors");
        using var process = Start("sample", weights, "--count", "100000", "--output", "s.safetensors");
        await Task.Delay(4000, Cancel);
        Assert.False(process.HasExited, process.Output);
        Signal(process, "USR2");
        var (code, output) = await process.EndAsync(Cancel);
        Assert.True(code == 140, output);
        Assert.Contains("Stopped.", output);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task FetchingEndsAndKeepsWhatArrived()
    {
        Assert.SkipWhen(Directory.Exists("/usr/share/datasets/fashion-mnist"), "Fashion-MNIST is here");
        var asked = new TaskCompletionSource();
        await using var server = new LocalServer(async request =>
        {
            await request.Head("200 OK", "Content-Length: 100000");
            await request.Stream.WriteAsync(new byte[5000], request.Stop);
            asked.TrySetResult();
            await Task.Delay(60_000, request.Stop);
        });
        // The publisher's address is http, so that a proxy answers in its place.
        using var process = new CommandLine(
            _folder.Path,
            new Dictionary<string, string> { ["http_proxy"] = server.Address("").ToString(), ["no_proxy"] = "" },
            "data",
            "fashion-mnist",
            "--folder",
            _folder["data"]
        );
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        await Until(() => Parts().Any(part => part.Length > 0), process);
        Signal(process, "HUP");
        var (code, output) = await process.EndAsync(Cancel);
        Assert.True(code == 129, output);
        Assert.Contains("What had arrived is kept", output);
        Assert.NotEmpty(Parts());
        IEnumerable<FileInfo> Parts() =>
            Directory.Exists(_folder["data"])
                ? new DirectoryInfo(_folder["data"]).GetFiles("*.part", SearchOption.AllDirectories)
                : [];
    }

    [Fact]
    public async Task ANotebookIsSavedAsInterrupted()
    {
        File.WriteAllText(
            _folder["n.ipynb"],
            """
            { "cells": [ { "cell_type": "code", "id": "a", "metadata": {}, "execution_count": null, "outputs": [],
              "source": ["Console.WriteLine(\"begun\"); Thread.Sleep(60000);"] } ],
              "metadata": { "kernelspec": { "name": ".net-csharp", "language": "C#", "display_name": "C#" } },
              "nbformat": 4, "nbformat_minor": 5 }
            """
        );
        using var process = Start("run", "n.ipynb");
        await Until(() => process.Output.Contains("        begun"), process);
        Signal(process, "USR1");
        var (code, output) = await process.EndAsync(Cancel);
        Assert.True(code == 138, output);
        Assert.Contains("\"interrupted\"", File.ReadAllText(_folder["out", "n.run.json"]));
        Assert.Contains("begun\\n", File.ReadAllText(_folder["out", "n.ipynb"]));
    }

    /// <summary>nohup: what was asked to survive its terminal does.</summary>
    [Fact]
    public async Task ASignalThatIsIgnoredStaysIgnored()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs env --ignore-signal");
        var start = new ProcessStartInfo(
            "env",
            [
                "--ignore-signal=HUP",
                "dotnet",
                Path.Combine(AppContext.BaseDirectory, "IResNet.Workbook.dll"),
                "train",
                "density-toy",
                "--run",
                _folder["r"],
                "--set",
                "training.steps=1000000",
                "run.logEvery=1",
            ]
        )
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        try
        {
            var run = new RunFolder(_folder["r"]);
            await Until(() => run.Losses.Count > 2, null);
            Signal(process.Id, "HUP");
            int reached = run.Losses.Count;
            await Until(() => run.Losses.Count > reached + 5, null);
            Signal(process.Id, "TERM");
            await process.WaitForExitAsync(Cancel);
            Assert.Equal(143, process.ExitCode);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    private CommandLine Start(params string[] arguments) => new(_folder.Path, arguments);

    private static async Task Until(Func<bool> condition, CommandLine? process)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(process is not { HasExited: true }, process?.Output);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), process?.Output);
            await Task.Delay(20, Cancel);
        }
    }

    private static void Signal(CommandLine process, string name) => Signal(process.Id, name);

    private static void Signal(int process, string name) =>
        Process.Start("kill", [$"-{name}", $"{process}"]).WaitForExit();
}
