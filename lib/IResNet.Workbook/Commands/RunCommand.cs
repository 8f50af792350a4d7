using System.CommandLine;
using IResNet.Experiments.Data;
using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Running;

namespace IResNet.Workbook.Commands;

/// <summary>
/// <c>iresnet run</c>: executes notebooks without Jupyter and writes them with their outputs, a page for each and an
/// overview.
/// </summary>
internal static class RunCommand
{
    private static readonly Argument<string[]> Notebooks = new("notebook")
    {
        Description = "Notebooks, or folders of them. None: all in ./notebooks, in order.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string?> Preset = new("--preset")
    {
        Description = "The size of the experiments: quick, standard or paper.",
    };

    private static readonly Option<string[]> Parameters = new("--parameter", "-p")
    {
        Description = "Sets a variable that the notebook's parameters cell declares.",
        HelpName = "name=value",
    };

    private static readonly Option<string> Output = new("--output")
    {
        Description = "The folder for the executed notebooks and the pages.",
        DefaultValueFactory = _ => "out",
    };

    private static readonly Option<TimeSpan?> Timeout = new("--timeout")
    {
        Description = "How long a cell may take: 90, 90s, 15m or 1.5h.",
        HelpName = "time",
        CustomParser = result =>
        {
            try
            {
                return Durations.Parse(result.Tokens[0].Value);
            }
            catch (FormatException e)
            {
                result.AddError($"{Timeout!.Name}: {e.Message}");
                return null;
            }
        },
    };

    private static readonly Option<bool> KeepGoing = new("--keep-going")
    {
        Description = "Go on with the next notebook when one fails.",
    };

    private static readonly Option<int> Jobs = new("--jobs")
    {
        Description = "How many notebooks to run at a time.",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<bool> Worker = new(WorkerProcess.Option) { Hidden = true };

    static RunCommand()
    {
        Preset.Choices("quick", "standard", "paper");
        Jobs.Require(jobs => jobs >= 1, "1 or more are needed");
    }

    public static Command Create()
    {
        var command = new Command(
            "run",
            "Run notebooks without Jupyter; write them with their outputs, and pages to read."
        )
        {
            Notebooks,
            Preset,
            Parameters,
            Output,
            Timeout,
            KeepGoing,
            Jobs,
            Worker,
        };
        command.SetAction((parsed, _) => RunAsync(parsed));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed)
    {
        using var signals = new StopSignals();
        try
        {
            var jobs = NotebookJob.Plan(
                parsed.GetValue(Notebooks)!,
                parsed.GetValue(Output)!,
                parsed.GetValue(Preset),
                Assignments(parsed.GetValue(Parameters) ?? []),
                parsed.GetValue(Timeout)
            );
            if (!parsed.GetValue(Worker))
            {
                var batch = new NotebookBatch(parsed.GetValue(KeepGoing), parsed.GetValue(Jobs), Console.Out);
                int code = await batch.RunAsync(jobs, signals.Token);
                return signals.CodeOf(code);
            }
            signals.StopAtEndOfInput();
            return await WorkAsync(jobs.Single(), signals);
        }
        catch (Exception e)
            when (e is UsageException or NotebookFormatException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }

    /// <summary>
    /// Inside a <see cref="WorkerProcess"/>. Why a run failed is in its record, for the parent to tell.
    /// </summary>
    private static async Task<int> WorkAsync(NotebookJob job, StopSignals signals)
    {
        Directory.SetCurrentDirectory(job.Folder);
        RunRecord record;
        using (var progress = RunProgress.ForConsole())
            record = await new NotebookRunner(job, progress).RunAsync(signals.Token);
        int code = signals.CodeOf(record.Status == RunStatus.Passed ? 0 : 1);
        // Threads that cells left behind must not keep the process.
        Environment.Exit(code);
        return code;
    }

    private static Dictionary<string, string> Assignments(string[] parameters)
    {
        var values = new Dictionary<string, string>();
        foreach (string parameter in parameters)
        {
            int equals = parameter.IndexOf('=');
            if (equals < 1)
                throw new UsageException($"-p \"{parameter}\": write -p name=value.");
            values[parameter[..equals].Trim()] = parameter[(equals + 1)..];
        }

        return values;
    }
}
