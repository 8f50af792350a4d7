using System.Diagnostics;
using IResNet.Experiments.Runs;

namespace IResNet.Tests.Programs.Experiments.Drills;

/// <summary>
/// What a file system does to a run: full, read-only, gone, crowded. An error with a word, exit code 1, and the last
/// good checkpoint stays good.
/// </summary>
[Trait("Category", Drill.Category)]
public class FolderDrill
{
    [Fact]
    public async Task FullDisk()
    {
        using var disk = SmallDisk.Mount("size=1200k");
        using var drill = new DrillFolder();
        var (uncut, run) = (drill.Next(), new RunFolder(Path.Combine(disk.Path, "run")));
        // Ballast leaves room for some checkpoints, not for all: the best is kept beside the last two.
        File.WriteAllBytes(Path.Combine(disk.Path, "ballast"), new byte[Room(disk.Path, await Whole(uncut))]);

        var (code, output) = await TrainProcess.Run(TrainProcess.Arguments("toy", run.Path));
        Assert.True(code == 1, output);
        Assert.Contains("No space left on device", output);
        Assert.DoesNotContain("   at ", output); // no stack trace
        long reached = AssertLastCheckpointIsGood(run);

        File.Delete(Path.Combine(disk.Path, "ballast"));
        Assert.Equal(0, (await TrainProcess.Run(TrainProcess.Arguments("toy", run.Path))).Code);
        KillDrill.AssertSame(uncut, run);
        Drill.Say(
            $"disk full after the checkpoint of step {reached}: error and exit code 1; with room again the run ends "
                + "bit-identical"
        );
    }

    [Fact]
    public async Task DiskThatBecomesReadOnly()
    {
        using var disk = SmallDisk.Mount("size=20m");
        using var drill = new DrillFolder();
        var (uncut, run) = (drill.Next(), new RunFolder(Path.Combine(disk.Path, "run")));
        await Whole(uncut);
        using (var process = new TrainProcess(TrainProcess.Arguments("toy", run.Path)))
        {
            await process.UntilStep(run, 5);
            process.Kill();
            await process.End();
        }
        disk.Remount("ro");
        var (code, output) = await TrainProcess.Run(TrainProcess.Arguments("toy", run.Path));
        Assert.True(code == 1, output);
        Assert.Contains("Read-only file system", output);
        Assert.DoesNotContain("   at ", output);
        AssertLastCheckpointIsGood(run);

        disk.Remount("rw");
        Assert.Equal(0, (await TrainProcess.Run(TrainProcess.Arguments("toy", run.Path))).Code);
        KillDrill.AssertSame(uncut, run);
    }

    [Fact]
    public async Task FolderDeleted()
    {
        using var drill = new DrillFolder();
        var run = drill.Next();
        using var process = new TrainProcess(TrainProcess.Arguments("toy", run.Path));
        await process.UntilStep(run, 3);
        // Renamed first, so that it is gone at one moment; what the process then writes by name finds no folder.
        Directory.Move(run.Path, run.Path + "-gone");
        Directory.Delete(run.Path + "-gone", recursive: true);
        Assert.Equal(1, await process.End());
        Assert.DoesNotContain("   at ", process.Output);
        Assert.Contains(run.Path, process.Output);
        Assert.False(Directory.Exists(run.Path), "the deleted folder came back");
    }

    [Fact]
    public async Task TwoProcessesInOneFolder()
    {
        using var drill = new DrillFolder();
        var (uncut, run) = (drill.Next(), drill.Next());
        await Whole(uncut);
        using var first = new TrainProcess(TrainProcess.Arguments("toy", run.Path));
        await first.UntilStep(run, 1);
        for (int i = 0; i < Drill.Count(fast: 1, full: 10) && !first.HasExited; i++)
        {
            var (code, output) = await TrainProcess.Run(TrainProcess.Arguments("toy", run.Path));
            if (first.HasExited)
                break;
            Assert.True(code == 1, output);
            Assert.Contains("is in use: another process trains in it", output);
        }
        Assert.Equal(0, await first.End());
        KillDrill.AssertSame(uncut, run);
    }

    private static async Task<RunFolder> Whole(RunFolder folder)
    {
        var (code, output) = await TrainProcess.Run(TrainProcess.Arguments("toy", folder.Path));
        Assert.True(code == 0, output);
        return folder;
    }

    /// <summary>Everything but two checkpoints and a half.</summary>
    private static long Room(string disk, RunFolder whole)
    {
        var checkpoints = new CheckpointFolder(whole.CheckpointsFolder);
        long checkpoint = Directory
            .GetFiles(checkpoints.Of(checkpoints.Steps[0]))
            .Sum(file => new FileInfo(file).Length);
        return new DriveInfo(disk).AvailableFreeSpace - checkpoint * 5 / 2 - (64 << 10);
    }

    private static long AssertLastCheckpointIsGood(RunFolder run)
    {
        long last = new CheckpointFolder(run.CheckpointsFolder).Steps[0];
        using var saved = SavedModel.Open(run.Path);
        Assert.Contains($"step {last} ", saved.Source);
        return last;
    }

    /// <summary>A file system in memory of a few megabytes; needs the right to mount.</summary>
    private sealed class SmallDisk : IDisposable
    {
        private SmallDisk(string path) => Path = path;

        public string Path { get; }

        public static SmallDisk Mount(string options)
        {
            Assert.SkipUnless(
                OperatingSystem.IsLinux() && Environment.UserName == "root",
                "needs root, to mount a small file system"
            );
            string path = Directory.CreateTempSubdirectory("iresnet-disk-").FullName;
            Assert.SkipUnless(
                Execute("mount", "-t", "tmpfs", "-o", options, "tmpfs", path),
                "cannot mount a file system here"
            );
            return new(path);
        }

        public void Remount(string options) => Assert.True(Execute("mount", "-o", $"remount,{options}", Path));

        public void Dispose()
        {
            Execute("umount", Path);
            Directory.Delete(Path);
        }

        private static bool Execute(string program, params string[] arguments)
        {
            using var process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardError = true }
            )!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
    }
}
