using System.Diagnostics;
using System.Text;
using IResNet.Experiments.Runs;

namespace IResNet.Tests.Programs.Experiments.Drills;

/// <summary><c>iresnet</c> in a process of its own, to be killed, stopped and crowded.</summary>
internal sealed class TrainProcess : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly StringBuilder _output = new();
    private readonly Process _process;

    public TrainProcess(params string[] arguments)
    {
        var start = ProgramStart.Of(arguments);
        start.Environment["OMP_NUM_THREADS"] = "1"; // one thread, and none that waits for it
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Append;
        _process.ErrorDataReceived += Append;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public bool HasExited => _process.HasExited;

    /// <summary>
    /// Small experiments, each a second or two, that save at every step. Those on images need MNIST in the data folder.
    /// </summary>
    public static string[] Arguments(string kind, string folder) =>
        kind switch
        {
            "density" =>
            [
                "train",
                "density-mnist",
                "--run",
                folder,
                "--resume",
                "--set",
                "data.validation=100",
                "model.blocks=1,1",
                "model.hidden=4,4",
                "training.steps=40",
                "training.batch=16",
                "training.evaluateEvery=10",
                "training.evaluationImages=20",
                "training.evaluationTerms=3",
                "training.initialExamples=64",
                "training.averageDecay=0.99",
                "run.checkpointEvery=1",
                "run.logEvery=1",
                "run.sampleEvery=20",
                "run.samples=4",
            ],
            "classifier" =>
            [
                "train",
                "classifier-mnist",
                "--run",
                folder,
                "--resume",
                "--set",
                "data.validation=100",
                "model.blocks=1,1",
                "model.strides=1,2",
                "model.hidden=4,4",
                "model.padding=3",
                "training.steps=40",
                "training.batch=16",
                "training.evaluateEvery=10",
                "training.evaluationImages=50",
                "training.initialExamples=64",
                "run.checkpointEvery=1",
                "run.logEvery=1",
                "run.samples=0",
            ],
            _ =>
            [
                "train",
                "density-toy",
                "--run",
                folder,
                "--resume",
                "--set",
                "model.blocks=4",
                "model.hidden=16,16",
                "training.steps=60",
                "training.batch=64",
                "training.evaluateEvery=10",
                "training.evaluationPoints=200",
                "training.averageDecay=0.99",
                "run.checkpointEvery=1",
                "run.logEvery=1",
                "run.samples=0",
            ],
        };

    /// <summary>Runs to the end.</summary>
    public static async Task<(int Code, string Output)> Run(params string[] arguments)
    {
        using var process = new TrainProcess(arguments);
        return (await process.End(), process.Output);
    }

    public async Task<int> End()
    {
        await _process
            .WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(Limit, TestContext.Current.CancellationToken);
        _process.WaitForExit(); // for the last lines of output
        return _process.ExitCode;
    }

    /// <summary>Waits until the run has made a step.</summary>
    public async Task UntilStep(RunFolder folder, long step)
    {
        var clock = Stopwatch.StartNew();
        while (!HasExited && (folder.Losses is not [.., var last] || last.Step < step))
        {
            Assert.True(clock.Elapsed < Limit, $"step {step} was not reached\n{Output}");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    public void Kill() => _process.Kill();

    public void Signal(string name) => Process.Start("kill", [$"-{name}", _process.Id.ToString()]).WaitForExit();

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private void Append(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
            _output.AppendLine(line.Data);
    }
}
