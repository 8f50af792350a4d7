using System.Globalization;
using System.Text;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Statistics;

namespace IResNet.Experiments.Sweeps;

/// <summary>
/// The results of many runs: a row each, and a row for each combination of values with mean and standard deviation over
/// its seeds.
/// </summary>
public sealed class ResultTable
{
    private static readonly string[] NotCompared = ["training.seed", "note"];

    private ResultTable(IReadOnlyList<string> keys, IReadOnlyList<ResultRow> rows) => (Keys, Rows) = (keys, rows);

    /// <summary>The keys in whose values the runs differ, seeds apart.</summary>
    public IReadOnlyList<string> Keys { get; }

    /// <summary>A row per run.</summary>
    public IReadOnlyList<ResultRow> Rows { get; }

    /// <summary>Runs with equal values, together.</summary>
    public IReadOnlyList<ResultGroup> Groups =>
        [.. Rows.GroupBy(row => string.Join('\n', row.Values)).Select(group => ResultGroup.Of([.. group]))];

    /// <summary>Reads the results of run folders.</summary>
    /// <exception cref="ConfigurationException">A config.json is damaged.</exception>
    /// <exception cref="RunFolderException">A summary.json is damaged.</exception>
    public static ResultTable Of(IReadOnlyList<RunFolder> folders)
    {
        var values = folders.Select(folder => ExperimentJson.Values(folder.Experiment)).ToList();
        string[] keys =
        [
            .. values
                .SelectMany(run => run.Keys)
                .Distinct()
                .Where(key =>
                    !key.StartsWith("run.", StringComparison.Ordinal)
                    && !NotCompared.Contains(key)
                    && values.Select(run => run.GetValueOrDefault(key)).Distinct().Count() > 1
                ),
        ];
        return new(
            keys,
            [
                .. folders.Zip(values, (folder, run) =>
                    new ResultRow(
                        folder.Path,
                        [.. keys.Select(key => run.GetValueOrDefault(key, "").Trim('"'))],
                        run["training.seed"],
                        folder.Summary
                    )
                ),
            ]
        );
    }

    /// <summary>As a Markdown table: one row per combination.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        void Line(IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
        Line([.. Keys, "seeds", "finished", "test", "sd over seeds", "steps", "training time"]);
        Line(Enumerable.Repeat("---", Keys.Count + 6));
        foreach (var group in Groups)
            Line([
                .. group.Values,
                string.Join(", ", group.Seeds),
                $"{group.Finished}/{group.Runs}",
                group.Mean is { } mean ? $"{Number(mean)} {group.Metric}" : "",
                group.Deviation is { } deviation ? Number(deviation) : "",
                group.Steps,
                group.MeanSeconds is { } seconds ? $"{TimeSpan.FromSeconds(Math.Round(seconds)):g}" : "",
            ]);
        return text.ToString();
    }

    /// <summary>As comma-separated values: one row per run.</summary>
    public string ToCsv()
    {
        var text = new StringBuilder();
        void Line(IEnumerable<string> cells) => text.AppendJoin(',', cells.Select(Cell)).Append('\n');
        Line([
            "run",
            .. Keys,
            "seed",
            "state",
            "step",
            "metric",
            "test",
            "low",
            "high",
            "examples",
            "best",
            "bestStep",
            "trainingSeconds",
            "weights",
        ]);
        foreach (var row in Rows)
        {
            var (run, test) = (row.Summary, row.Summary?.TestFigure);
            Line([
                row.Run,
                .. row.Values,
                row.Seed,
                run?.State.ToString().ToLowerInvariant() ?? "prepared",
                $"{run?.Step ?? 0}",
                test?.Metric ?? run?.Best?.Metric ?? "",
                Exact(test?.Value),
                Exact(test?.Low),
                Exact(test?.High),
                $"{test?.Examples}",
                Exact(run?.Best?.Value),
                $"{run?.Best?.Step}",
                Exact(run?.TrainingSeconds),
                run?.Weights ?? "",
            ]);
        }
        return text.ToString();
    }

    private static string Cell(string text) =>
        text.AsSpan().IndexOfAny(",\"\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Number(double value) => value.ToString("F4", CultureInfo.InvariantCulture);

    private static string Exact(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";
}

/// <summary>A run's result.</summary>
/// <param name="Run">Its folder.</param>
/// <param name="Values">Its values of the table's keys.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Summary">How it stands; null before its first start.</param>
public sealed record ResultRow(string Run, IReadOnlyList<string> Values, string Seed, RunSummary? Summary);

/// <summary>Runs that differ in their seeds only.</summary>
/// <param name="Values">Their values of the table's keys.</param>
/// <param name="Seeds">Their seeds.</param>
/// <param name="Runs">How many.</param>
/// <param name="Finished">How many are finished; the figures are over these.</param>
/// <param name="Metric">What is measured.</param>
/// <param name="Mean">Mean of the test figures.</param>
/// <param name="Deviation">Their standard deviation; null for fewer than two.</param>
/// <param name="Steps">Steps made, or their range.</param>
/// <param name="MeanSeconds">Mean training time.</param>
public sealed record ResultGroup(
    IReadOnlyList<string> Values,
    IReadOnlyList<string> Seeds,
    int Runs,
    int Finished,
    string Metric,
    double? Mean,
    double? Deviation,
    string Steps,
    double? MeanSeconds
)
{
    internal static ResultGroup Of(IReadOnlyList<ResultRow> rows)
    {
        var finished = rows.Select(row => row.Summary)
            .OfType<RunSummary>()
            .Where(run => run is { State: RunState.Finished, TestFigure: not null })
            .ToList();
        double[] figures = [.. finished.Select(run => run.TestFigure!.Value)];
        var spread = figures.Length > 0 ? SeedSpread.Of(figures) : null;
        var (least, most) = (rows.Min(row => row.Summary?.Step ?? 0), rows.Max(row => row.Summary?.Step ?? 0));
        return new(
            rows[0].Values,
            [.. rows.Select(row => row.Seed)],
            rows.Count,
            finished.Count,
            finished.FirstOrDefault()?.TestFigure!.Metric ?? "",
            spread?.Mean,
            spread?.Seeds > 1 ? spread.Deviation : null,
            least == most ? $"{most}" : $"{least} to {most}",
            finished.Count > 0 ? finished.Average(run => run.TrainingSeconds) : null
        );
    }
}
