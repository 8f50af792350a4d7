using System.ComponentModel;
using System.Diagnostics;

namespace IResNet.Experiments.Data.Fetching;

/// <summary>Runs a program of this machine.</summary>
internal static class ExternalProgram
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>Runs it in a folder and waits for its end.</summary>
    /// <exception cref="DataFetchException">It is not there, failed (with the end of what it said), or took more than
    /// five minutes.</exception>
    public static async Task Run(
        string program,
        IEnumerable<string> arguments,
        string folder,
        string hintWhenMissing,
        CancellationToken cancel
    )
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new DataFetchException(program, $"it cannot be started: {e.Message} ({hintWhenMissing})", e);
        }

        using (process)
        using (var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel))
        {
            limit.CancelAfter(Limit);
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            try
            {
                await Task.WhenAll(output, errors, process.WaitForExitAsync(limit.Token));
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                cancel.ThrowIfCancellationRequested();
                throw new DataFetchException(program, $"it did not end within {Limit.TotalMinutes:F0} minutes");
            }
            if (process.ExitCode != 0)
                throw new DataFetchException(program, $"exit code {process.ExitCode}: {Tail(await errors)}");
        }
    }

    private static string Tail(string text) =>
        string.Join(
            " | ",
            text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).TakeLast(3)
        );
}
