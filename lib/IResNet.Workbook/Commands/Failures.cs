using System.CommandLine;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using IResNet.Experiments.Distributed;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Sweeps;
using IResNet.Experiments.Training;
using IResNet.Workbook.Running;

namespace IResNet.Workbook.Commands;

/// <summary>Errors that a user can do something about are a message and exit code 1, without a stack trace.</summary>
internal static class Failures
{
    /// <summary>How long a command without anything to save may take to end after a signal.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Runs a command with the signals of <see cref="StopSignals"/> as cancellation. Computations and the building of
    /// models do not look at it: a command that has nothing to save is left behind after a second, and the process ends
    /// without it. Files are written whole or not at all, so nothing is half done then. A command runs on the thread
    /// that calls this, the program's main one: computations on a thread of .NET's pool take up to a fifth longer, as
    /// they share the pool with the kernels' pieces of work and their memory comes from a smaller heap of the C
    /// library.
    /// </summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="command">The command.</param>
    /// <param name="saves">Whether it has something to save when it is stopped: then its end is waited for.</param>
    public static async Task<int> Report(
        ParseResult parsed,
        Func<CancellationToken, Task<int>> command,
        bool saves = false
    )
    {
        using var signals = new StopSignals();
        using var late = new CancellationTokenSource();
        using var asked = signals.Token.Register(() =>
        {
            if (!saves)
                late.CancelAfter(Grace);
        });
        using var left = late.Token.Register(() =>
        {
            ReportStop(parsed);
            signals.EndIfStopped(1);
        });
        int code = await CodeOf(() => command(signals.Token), parsed, signals.Token);
        signals.EndIfStopped(code);
        return code;
    }

    private static async Task<int> CodeOf(Func<Task<int>> command, ParseResult parsed, CancellationToken stop)
    {
        try
        {
            return await command();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            ReportStop(parsed);
            return 1;
        }
        catch (Exception fault)
            when (fault
                    is ConfigurationException
                        or RunFolderException
                        or CheckpointException
                        or DataSetException
                        or DistributedException
                        or TrainingDivergedException
                        or SlurmException
                        or WeightsFormatException
                        or ShapeException
                        or NonConvergenceException
                        or NonFiniteException
                        or RareClassException
                        or IOException
                        or UnauthorizedAccessException
            )
        {
            parsed.InvocationConfiguration.Error.WriteLine(fault.Message);
            return 1;
        }
    }

    private static void ReportStop(ParseResult parsed) => parsed.InvocationConfiguration.Error.WriteLine("Stopped.");
}
