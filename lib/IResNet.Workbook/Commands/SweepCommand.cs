using System.CommandLine;
using System.Globalization;
using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Sweeps;
using IResNet.Notebooks;
using IResNet.Workbook.Running;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet sweep</c>: many runs, here or on a Slurm cluster.</summary>
internal static class SweepCommand
{
    private static readonly Argument<string> SweepFile = new("file")
    {
        Description = "The sweep: JSON with name, experiment, preset, set, vary, seeds.",
    };

    private static readonly Option<string?> Folder = new("--folder")
    {
        Description = "The sweep's folder. Default: runs/NAME.",
        HelpName = "DIR",
    };

    private static readonly Option<int> Jobs = new("--jobs")
    {
        Description = "Runs at a time.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<int> Threads = new("--threads")
    {
        Description = "Threads per run; on Slurm also its cores.",
        HelpName = "N",
        DefaultValueFactory = _ => 2,
    };

    private static readonly Option<string> Device = new("--device")
    {
        Description = "Here: cpu, cuda or cuda:1.",
        HelpName = "D",
        DefaultValueFactory = _ => "cpu",
    };

    private static readonly Option<bool> OnSlurm = new("--slurm")
    {
        Description = "Submit the runs as a Slurm job array.",
    };

    private static readonly Option<bool> ScriptOnly = new("--script-only")
    {
        Description = "With --slurm: write the batch script and do not submit it.",
    };

    private static readonly Option<bool> Status = new("--status")
    {
        Description = "Say how the runs stand, and do nothing.",
    };

    private static readonly Option<int> Gpus = new("--gpus")
    {
        Description = "On Slurm: GPUs per run.",
        HelpName = "N",
    };

    private static readonly Option<string?> Partition = new("--partition")
    {
        Description = "On Slurm: the partition.",
        HelpName = "P",
    };

    private static readonly Option<string?> Time = new("--time")
    {
        Description = "On Slurm: the time limit of a task (12:00:00). A run that needs more goes on after it.",
        HelpName = "T",
    };

    private static readonly Option<string?> Memory = new("--memory")
    {
        Description = "On Slurm: memory per run (8G).",
        HelpName = "M",
    };

    private static readonly Option<string?> Account = new("--account")
    {
        Description = "On Slurm: the account to charge.",
        HelpName = "A",
    };

    private static readonly Option<int?> AtOnce = new("--at-once")
    {
        Description = "On Slurm: runs at a time at most.",
        HelpName = "N",
    };

    public static Command Create()
    {
        var command = new Command("sweep", "Make many runs: all combinations of some values, with some seeds.")
        {
            SweepFile,
            Folder,
            Jobs,
            Threads,
            Device,
            Status,
            OnSlurm,
            ScriptOnly,
            Gpus,
            Partition,
            Time,
            Memory,
            Account,
            AtOnce,
        };
        Jobs.Require(jobs => jobs >= 1, "1 or more are needed");
        Threads.Require(threads => threads >= 1, "1 or more are needed");
        Gpus.Require(gpus => gpus >= 0, "0 or more are needed");
        AtOnce.Require(runs => runs >= 1, "1 or more are needed");
        command.SetAction((parsed, _) => Failures.Report(parsed, cancel => Run(parsed, cancel), saves: true));
        return command;
    }

    private static async Task<int> Run(ParseResult parsed, CancellationToken cancel)
    {
        var output = parsed.InvocationConfiguration.Output;
        var sweep = Sweep.Load(parsed.GetValue(SweepFile)!);
        string root = Path.GetFullPath(parsed.GetValue(Folder) ?? Path.Combine("runs", sweep.Name));
        if (parsed.GetValue(Status))
            return await Show(sweep, root, output, cancel);

        var folders = sweep.Prepare(root);
        output.WriteLine($"{folders.Count} runs in {root}");
        if (parsed.GetValue(OnSlurm))
            return await Submit(parsed, sweep, root, folders, output, cancel);

        string[] options =
        [
            "--device",
            parsed.GetValue(Device)!,
            "--threads",
            parsed.GetValue(Threads).ToString(CultureInfo.InvariantCulture),
        ];
        var unfinished = await LocalSweep.Make(
            folders,
            ThisProgram.Command,
            options,
            parsed.GetValue(Jobs),
            output.WriteLine,
            cancel
        );
        if (cancel.IsCancellationRequested)
        {
            output.WriteLine("Stopped; the same command goes on.");
            return 1;
        }
        output.Write(ResultTable.Of(folders).ToMarkdown());
        return unfinished.Count == 0 ? 0 : 1;
    }

    private static async Task<int> Submit(
        ParseResult parsed,
        Sweep sweep,
        string root,
        IReadOnlyList<RunFolder> folders,
        TextWriter output,
        CancellationToken cancel
    )
    {
        var options = new SlurmOptions
        {
            Cores = parsed.GetValue(Threads),
            Gpus = parsed.GetValue(Gpus),
            Partition = parsed.GetValue(Partition),
            Time = parsed.GetValue(Time),
            Memory = parsed.GetValue(Memory),
            Account = parsed.GetValue(Account),
            AtOnce = parsed.GetValue(AtOnce),
        };
        var (script, runs) = SlurmSweep.Write(sweep.Name, root, folders, ThisProgram.Command, options);
        if (runs == 0)
        {
            output.WriteLine("All runs are finished.");
            return 0;
        }
        if (parsed.GetValue(ScriptOnly))
        {
            output.WriteLine($"{runs} tasks in {script}. Submit with: sbatch {ShellWord.Quote(script)}");
            return 0;
        }
        long job = await SlurmSweep.Submit(root, script, cancel);
        output.WriteLine(
            $"{runs} tasks submitted as job {job}. How they stand: "
                + $"iresnet sweep {ShellWord.Quote(parsed.GetValue(SweepFile)!)} --status"
        );
        return 0;
    }

    private static async Task<int> Show(Sweep sweep, string root, TextWriter output, CancellationToken cancel)
    {
        var states = SlurmSweep.JobOf(root) is null
            ? new Dictionary<string, string>()
            : await SlurmSweep.States(root, cancel);
        foreach (var run in sweep.Runs)
        {
            var folder = new RunFolder(Path.Combine(root, run.Folder));
            var summary = folder.ReadableSummary;
            string state =
                summary is not null ? summary.State.ToString().ToLowerInvariant()
                : File.Exists(folder.SummaryFile) ? "damaged"
                : folder.Exists ? "prepared"
                : "not prepared";
            string steps = summary is null ? "" : $"{summary.Step}/{summary.TotalSteps}";
            string task = states.GetValueOrDefault(folder.Path, "");
            output.WriteLine($"{run.Folder,-40} {state,-12} {steps,12}  {task,-12} {summary?.Test}".TrimEnd());
        }
        return 0;
    }
}
