using System.CommandLine;
using System.Text.Json;
using IResNet.Experiments.Benchmarking;
using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;
using IResNet.Notebooks;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet bench</c>: each case in a process of its own.</summary>
internal static class BenchCommand
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    private static readonly Option<string[]> CaseOption = new("--case")
    {
        Description = "Names of the cases to run; by default all.",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string?> JsonOption = new("--json") { Description = "Where to write the report." };

    private static readonly Option<double> SecondsOption = new("--seconds")
    {
        Description = "How long each case repeats its work.",
        DefaultValueFactory = _ => 10,
    };

    private static readonly Option<LogDetGradient> EstimatorOption = new("--estimator")
    {
        Description =
            "Gradient of the log-determinant in training cases: this library's (neumann) or the paper's own "
            + "algorithm (paper).",
        DefaultValueFactory = _ => LogDetGradient.Neumann,
        CustomParser = CommandValues.OneOf<LogDetGradient>,
    };

    private static readonly Option<int> ThreadsOption = new("--threads")
    {
        Description = "libtorch's threads.",
        DefaultValueFactory = _ => 2,
    };

    private static readonly Option<bool> InProcessOption = new("--in-process")
    {
        Description = "Run one case in this process, for a profiler.",
    };

    private static readonly Option<bool> ListOption = new("--list")
    {
        Description = "Only print the names of all cases.",
    };

    public static Command Create()
    {
        SecondsOption.Require(seconds => seconds > 0, "more than 0 is needed");
        ThreadsOption.Require(threads => threads >= 1, "1 or more are needed");
        var command = new Command("bench", "Time training steps, inverses and estimators on this machine.")
        {
            CaseOption,
            JsonOption,
            SecondsOption,
            EstimatorOption,
            ThreadsOption,
            InProcessOption,
            ListOption,
        };
        command.SetAction((parsed, _) => Failures.Report(parsed, cancel => Run(parsed, cancel)));
        return command;
    }

    private static async Task<int> Run(ParseResult arguments, CancellationToken cancel)
    {
        if (arguments.GetValue(ListOption))
        {
            foreach (var benchmark in Benchmark.Cases)
                Console.WriteLine(benchmark.Name);
            return 0;
        }
        string[] names = arguments.GetValue(CaseOption) ?? [];
        BenchmarkCase[] cases = names.Length == 0 ? [.. Benchmark.Cases] : [.. names.Select(Benchmark.Find)];
        var settings = new BenchmarkSettings(
            TimeSpan.FromSeconds(arguments.GetValue(SecondsOption)),
            arguments.GetValue(EstimatorOption),
            arguments.GetValue(ThreadsOption)
        );
        bool inProcess = arguments.GetValue(InProcessOption);
        if (inProcess && cases.Length != 1)
        {
            Console.Error.WriteLine("--in-process needs exactly one --case.");
            return 2;
        }
        var reports = new Dictionary<string, CaseReport>();
        foreach (var benchmark in cases)
        {
            try
            {
                var report = inProcess
                    ? Benchmark.Run(benchmark, settings)
                    : await FreshProcess.Run(benchmark.Name, settings, cancel);
                reports.Add(benchmark.Name, report);
                Print(benchmark.Name, report);
            }
            catch (InvalidOperationException failure) when (!inProcess)
            {
                Console.Error.WriteLine(failure.Message);
                return 1;
            }
        }
        var whole = new BenchmarkReport
        {
            Machine = Machine.Describe(),
            Threads = settings.Threads,
            Estimator = settings.Gradient.ToString().ToLowerInvariant(),
            Cases = reports,
        };
        if (arguments.GetValue(JsonOption) is { } file)
            AtomicFile.WriteAllText(file, JsonSerializer.Serialize(whole, Json) + "\n");
        return 0;
    }

    private static void Print(string name, CaseReport report)
    {
        string bound = report.LowerBound is double least
            ? $", bound {least * 1e3:f1} ms ({report.Min / least:f1}x)"
            : "";
        Console.WriteLine(
            $"{name}: median {report.Median * 1e3:f1} ms, min {report.Min * 1e3:f1} ms, {report.Runs} runs, memory "
                + $"{report.PeakMemory:f0} MiB "
                + $"({report.MemoryBefore:f0} before){bound}"
        );
        foreach (string line in report.Backend.Split('\n'))
            Console.WriteLine($"    {line}");
        foreach (var (key, value) in report.Details)
            Console.WriteLine($"    {key} {value:g5}");
    }
}
