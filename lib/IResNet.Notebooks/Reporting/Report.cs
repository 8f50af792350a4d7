using System.Diagnostics;
using System.Globalization;
using IResNet.Experiments.Benchmarking;

namespace IResNet.Notebooks;

/// <summary>What a notebook ends with: the paper's figures beside ours, the machine, and the claims.</summary>
public static class Report
{
    /// <summary>A table of the paper's figures beside ours.</summary>
    /// <param name="rows">What was measured, the paper's figure and ours, with units and intervals.</param>
    /// <example><code>
    /// Report.Table(("bits/dim", "1.06", $"{run.Test}"), ("training", "200 epochs", $"{run.Seconds:F0} s"))
    /// </code></example>
    public static IReadOnlyList<ReportRow> Table(params (string What, string Paper, string Ours)[] rows) =>
        [.. rows.Select(row => new ReportRow(row.What, row.Paper, row.Ours))];

    /// <summary>
    /// The machine in words, and the memory that the notebook holds: what stands beside times and memory.
    /// </summary>
    public static string Machine()
    {
        using var process = Process.GetCurrentProcess();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Experiments.Benchmarking.Machine.Describe()}; {process.WorkingSet64 >> 20} MB resident"
        );
    }

    /// <summary>States what a run was to show.</summary>
    /// <param name="holds">Whether it does.</param>
    /// <param name="what">The statement, as a reader would say it.</param>
    /// <exception cref="ClaimException">It does not hold.</exception>
    public static void Claim(bool holds, string what)
    {
        if (!holds)
            throw new ClaimException($"Claim does not hold: {what}");
    }
}

/// <summary>A row of <see cref="Report.Table"/>.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Paper">The paper's figure.</param>
/// <param name="Ours">Ours.</param>
public sealed record ReportRow(string What, string Paper, string Ours);

/// <summary>A notebook's claim does not hold in this run.</summary>
/// <param name="message">Which one.</param>
public sealed class ClaimException(string message) : Exception(message);
