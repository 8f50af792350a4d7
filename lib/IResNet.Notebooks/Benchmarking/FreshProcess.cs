using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using IResNet.Experiments.Benchmarking;

namespace IResNet.Notebooks;

/// <summary>
/// Runs a case of <see cref="Benchmark"/> in a process of its own, so that memory is the case's and nothing is warm
/// that should not be.
/// </summary>
public static class FreshProcess
{
    /// <summary>Starts <c>iresnet bench</c> for one case and waits for its report.</summary>
    /// <param name="name">The case's name.</param>
    /// <param name="settings">What holds for all cases.</param>
    /// <param name="cancel">Ends the process.</param>
    /// <exception cref="ArgumentException">There is no such case.</exception>
    /// <exception cref="InvalidOperationException">The process failed; what it wrote on its error stream went to this
    /// one's.</exception>
    public static async Task<CaseReport> Run(
        string name,
        BenchmarkSettings settings,
        CancellationToken cancel = default
    )
    {
        Benchmark.Find(name);
        string file = Path.GetTempFileName();
        try
        {
            string[] words =
            [
                .. ThisProgram.Command,
                "bench",
                "--in-process",
                "--case",
                name,
                "--json",
                file,
                "--estimator",
                settings.Gradient.ToString(),
                "--seconds",
                settings.Budget.TotalSeconds.ToString(CultureInfo.InvariantCulture),
                "--threads",
                settings.Threads.ToString(CultureInfo.InvariantCulture),
            ];
            // The caller prints the report; the child's own lines would double it.
            using var process = Process.Start(
                new ProcessStartInfo(words[0], words.Skip(1)) { RedirectStandardOutput = true }
            )!;
            process.OutputDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            try
            {
                await process.WaitForExitAsync(cancel);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"{name} ended with exit code {process.ExitCode}.");
            return JsonSerializer.Deserialize<BenchmarkReport>(await File.ReadAllTextAsync(file, cancel))!.Cases[name];
        }
        finally
        {
            File.Delete(file);
        }
    }
}
