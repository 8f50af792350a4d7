using System.Diagnostics;
using IResNet.Experiments.Sweeps;

namespace IResNet.Tests.Programs.Experiments.Sweeps;

/// <summary>What can be tested without a cluster; tests/slurm/run.sh starts one.</summary>
public class SlurmTests
{
    [Fact]
    public void TheScriptAsksForWhatTheOptionsSay()
    {
        string script = SlurmScript.Write(
            "table2",
            "/data/runs/it's here",
            12,
            ["dotnet", "/opt/i res net/IResNet.Workbook.dll"],
            new()
            {
                Partition = "gpu",
                Time = "12:00:00",
                Cores = 4,
                Gpus = 1,
                Memory = "8G",
                Account = "lab",
                AtOnce = 3,
            }
        );
        foreach (
            string directive in new[]
            {
                "--job-name=table2",
                "--array=1-12%3",
                "--requeue",
                "--open-mode=append",
                "--signal=B:USR1@120",
                "--cpus-per-task=4",
                "--gres=gpu:1",
                "--partition=gpu",
                "--time=12:00:00",
                "--mem=8G",
                "--account=lab",
            }
        )
            Assert.Contains($"\n#SBATCH {directive}\n", script);
        Assert.StartsWith("#!/bin/bash\n", script);
        Assert.Contains("--device cuda", script);
        Assert.Contains("'/data/runs/it'\\''s here/runs.txt'", script);
        Assert.Contains("'/opt/i res net/IResNet.Workbook.dll' train --run \"$run\" --resume", script);
        Assert.DoesNotContain('\r', script);

        string plain = SlurmScript.Write("a", "/r", 1, ["iresnet"], new());
        Assert.Contains("#SBATCH --array=1-1\n", plain);
        Assert.Contains("--device cpu", plain);
        Assert.DoesNotContain("--gres", plain);
        Assert.DoesNotContain("--time", plain);
    }

    /// <summary>What sbatch reads, with the shell in its place: in double quotes both take a backslash alike.</summary>
    [Theory]
    [InlineData("/data/my sweep", "/data/my sweep")]
    [InlineData("/data/5%A", "/data/5%%A")]
    [InlineData("/data/a 100% \"b\" $HOME `ls` it's #1", "/data/a 100%% \"b\" $HOME `ls` it's #1")]
    public void FoldersAreTakenAsTheyAre(string folder, string pattern)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs bash");
        string script = SlurmScript.Write("a", folder, 1, ["iresnet"], new() { Partition = "my partition" });
        string[] lines = [.. script.Split('\n').Where(line => line.StartsWith("#SBATCH ", StringComparison.Ordinal))];
        Assert.Contains($"--output={pattern}/slurm-%A_%a.log", lines.Select(Word));
        Assert.Contains("--partition=my partition", lines.Select(Word));

        static string Word(string line)
        {
            var start = new ProcessStartInfo("bash", ["-c", $"printf '%s|' {line["#SBATCH ".Length..]}"])
            {
                RedirectStandardOutput = true,
            };
            using var shell = Process.Start(start)!;
            return Assert.Single(shell.StandardOutput.ReadToEnd().Split('|', StringSplitOptions.RemoveEmptyEntries));
        }
    }

    [Theory]
    [InlineData("/data/back\\slash")]
    [InlineData("/data/line\nbreak")]
    public void FoldersThatSlurmCannotTakeAreRefused(string folder) =>
        Assert.Contains(
            "--folder",
            Assert.Throws<SlurmException>(() => SlurmScript.Write("a", folder, 1, ["iresnet"], new())).Message
        );

    [Fact]
    public void AnOptionWithALineBreakIsRefused() =>
        Assert.Throws<SlurmException>(() =>
            SlurmScript.Write("a", "/r", 1, ["iresnet"], new() { Account = "lab\n#SBATCH --exclusive" })
        );

    /// <summary>The script itself, with a stand-in for the training and for scontrol.</summary>
    [Theory]
    [InlineData("USR1", 130, true)] // the time limit comes: save, and back into the queue
    [InlineData("TERM", 130, false)] // cancelled or preempted: save, and that is all
    [InlineData("", 0, false)] // the end
    [InlineData("", 3, false)] // an error
    public void TheScriptPassesSignalsOnAndRequeuesAtTheTimeLimitOnly(string signal, int code, bool requeued)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs bash");
        using var folder = new TemporaryFolder();
        string In(string name) => Path.Combine(folder.Path, name);
        Program(
            In("training"),
            $"trap 'sleep 0.3; echo saved >> {In("log")}; exit 130' TERM\necho \"$@\" > {In("arguments")}\n"
                + (
                    signal.Length > 0
                        ? "touch \"" + In("ready") + "\"\nwhile :; do sleep 0.05; done\n"
                        : $"exit {code}\n"
                )
        );
        Program(In("scontrol"), $"echo \"$@\" > {In("requeued")}\n");
        File.WriteAllText(In("runs.txt"), "/runs/one\n/runs/two\n");
        File.WriteAllText(In("job"), SlurmScript.Write("a", folder.Path, 2, [In("training")], new()));

        var start = new ProcessStartInfo("bash", [In("job")]);
        foreach (
            var (name, value) in new[]
            {
                ("SLURM_ARRAY_TASK_ID", "2"),
                ("SLURM_ARRAY_JOB_ID", "7"),
                ("SLURM_CPUS_PER_TASK", "2"),
                ("PATH", $"{folder.Path}:{Environment.GetEnvironmentVariable("PATH")}"),
            }
        )
            start.Environment[name] = value;
        using var job = Process.Start(start)!;
        if (signal.Length > 0)
        {
            Assert.True(SpinWait.SpinUntil(() => File.Exists(In("ready")), 10_000));
            Process.Start("kill", [$"-{signal}", job.Id.ToString()]).WaitForExit();
        }
        Assert.True(job.WaitForExit(10_000));

        Assert.Equal(code, job.ExitCode);
        Assert.Equal("train --run /runs/two --resume --threads 2 --device cpu\n", File.ReadAllText(In("arguments")));
        Assert.Equal(signal.Length > 0, File.Exists(In("log")));
        Assert.Equal(
            requeued ? "requeue 7_2\n" : null,
            File.Exists(In("requeued")) ? File.ReadAllText(In("requeued")) : null
        );
    }

    [Fact]
    public void StatesOfTasks()
    {
        string text =
            "12_1|COMPLETED\n12_2|CANCELLED by "
            + "1000\n12_[3-4]|PENDING\n12|RUNNING\n12_5.batch|FAILED\nnonsense\n12_6|RUNNING\n";
        Assert.Equal([(1, "COMPLETED"), (2, "CANCELLED"), (6, "RUNNING")], Slurm.Parse(text));
    }

    [Fact]
    public async Task WithoutSlurmTheErrorSaysSo()
    {
        Assert.SkipWhen(File.Exists("/usr/bin/sbatch"), "Slurm is here");
        var fault = await Assert.ThrowsAsync<SlurmException>(() =>
            Slurm.Submit("script", TestContext.Current.CancellationToken)
        );
        Assert.Contains("There is no sbatch here", fault.Message);
    }

    private static void Program(string path, string text)
    {
        File.WriteAllText(path, $"#!/bin/bash\n{text}");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
