using System.Globalization;
using IResNet.Experiments.Benchmarking;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Training;

namespace IResNet.Experiments.Speedruns;

/// <summary>What a run of a track came to.</summary>
/// <param name="Track">The track.</param>
/// <param name="Run">The training.</param>
/// <param name="Test">The figure on all test examples.</param>
/// <param name="Proof">The trained model's certificate.</param>
public sealed record SpeedrunRecord(SpeedrunTrack Track, RunSummary Run, Evaluation Test, Certification Proof)
{
    private const int CommitDigits = 10;

    /// <summary>The columns of <see cref="Line"/>.</summary>
    public static string Heading =>
        "| track | training | on all test examples | Lip(g) at most | seed | processor, threads | commit | command | "
        + "date |";

    /// <summary>Why it is not a record of its track; null where it is one.</summary>
    public string? WhyNot
    {
        get
        {
            string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
            if (Track.Target is { } target)
            {
                if (!(Run.Best?.Value <= Track.Stop))
                    return Text($"{Track.Stop} was not met on validation examples in {Run.Step} steps; the best was ")
                        + (Run.Best is { } best ? Text($"{best.Value:F4} after {best.Step}") : "none");
                if (!(Test.Value <= target))
                    return Text($"the test examples do not confirm it: {Test.Value:F4}, the target is {target}");
            }
            else if (Run.State != RunState.Finished)
                return "the run did not come to its end";
            return Proof.IsInvertible ? null : "the model is not certain to be invertible";
        }
    }

    /// <summary>The command that repeats it.</summary>
    public string Command =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"iresnet speedrun {Track.Name} --seed {Run.Seed} --threads {Run.Machine.Threads}"
        );

    /// <summary>The row of the table in <c>notebooks/SPEEDRUN.md</c>.</summary>
    public string Line
    {
        get
        {
            string full = Run.Machine.Commit,
                commit = full[..Math.Min(CommitDigits, full.Length)],
                bound = Proof.Blocks.Count == 0
                    ? "no residual blocks"
                    : Proof.Blocks.Max(block => block.Frozen).ToString("F4", CultureInfo.InvariantCulture);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"| {Track.Name} | {Run.TrainingSeconds:F1} s, {Run.Step:N0} steps | {Test} | {bound} | {Run.Seed} | "
                    + $"{Machine.Processor}, {Run.Machine.Threads} | {commit} | "
                    + $"`{Command}` | {Run.Started:yyyy-MM-dd} |"
            );
        }
    }
}
