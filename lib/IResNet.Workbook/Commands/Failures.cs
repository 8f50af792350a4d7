using System.CommandLine;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Sweeps;
using IResNet.Experiments.Training;
using IResNet.Workbook.Running;

namespace IResNet.Workbook.Commands;

/// <summary>Errors that a user can do something about are a message and exit code 1, without a stack trace.</summary>
internal static class Failures
{
    /// <summary>Runs a command with Ctrl-C and SIGTERM as cancellation.</summary>
    public static async Task<int> Report(ParseResult parsed, Func<CancellationToken, Task<int>> command)
    {
        using var signals = new StopSignals();
        try
        {
            return await command(signals.Token);
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            parsed.InvocationConfiguration.Error.WriteLine("Stopped.");
            return StopSignals.ExitCode;
        }
        catch (Exception fault)
            when (fault
                    is ConfigurationException
                        or RunFolderException
                        or CheckpointException
                        or DataSetException
                        or TrainingDivergedException
                        or SlurmException
                        or WeightsFormatException
                        or ShapeException
                        or NonConvergenceException
                        or NonFiniteException
                        or IOException
                        or UnauthorizedAccessException
            )
        {
            parsed.InvocationConfiguration.Error.WriteLine(fault.Message);
            return 1;
        }
    }
}
