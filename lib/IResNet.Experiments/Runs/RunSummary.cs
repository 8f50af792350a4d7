using System.Text.Json;
using System.Text.Json.Serialization;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Training;

namespace IResNet.Experiments.Runs;

/// <summary>How a run stands.</summary>
public enum RunState
{
    /// <summary>It trains now.</summary>
    Running,

    /// <summary>It made all its steps.</summary>
    Finished,

    /// <summary>A signal or cancellation stopped it; a checkpoint was saved.</summary>
    Interrupted,

    /// <summary>Loss or gradient was not finite.</summary>
    Diverged,

    /// <summary>Another error ended it.</summary>
    Failed,

    /// <summary>
    /// Its process ended without a word: killed, or the machine went down. Its last checkpoint is there.
    /// </summary>
    Killed,
}

/// <summary>What summary.json says of a run.</summary>
public sealed record RunSummary
{
    /// <summary>How it stands.</summary>
    public required RunState State { get; init; }

    /// <summary>The experiment.</summary>
    public required string Experiment { get; init; }

    /// <summary>The preset it started from.</summary>
    public required string Preset { get; init; }

    /// <summary>The seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Steps made.</summary>
    public long Step { get; init; }

    /// <summary>Steps planned; null for a run that ends by the clock.</summary>
    public long? TotalSteps { get; init; }

    /// <summary>The loss of the last step.</summary>
    public double? Loss { get; init; }

    /// <summary>The best figure on held-out examples along the way.</summary>
    public BestFigure? Best { get; init; }

    /// <summary>The final figure on the test examples, in words; null before the end.</summary>
    public string? Test { get; init; }

    /// <summary>The final figure on the test examples.</summary>
    public TestFigure? TestFigure { get; init; }

    /// <summary>SHA-256 of the final model.safetensors: equal runs have equal ones.</summary>
    public string? Weights { get; init; }

    /// <summary>Seconds of training, evaluations not counted, over all starts.</summary>
    public double TrainingSeconds { get; init; }

    /// <summary>Seconds from start to end, over all starts that wrote a checkpoint.</summary>
    public double WallSeconds { get; init; }

    /// <summary>When it began.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>When this was written.</summary>
    public DateTimeOffset Updated { get; init; }

    /// <summary>How often it was continued.</summary>
    public int Resumed { get; init; }

    /// <summary>Where it ran last.</summary>
    public RunMachine Machine { get; init; } = new();

    /// <summary>The error that ended it.</summary>
    public string? Error { get; init; }

    /// <summary>The run, of whose weights something was changed afterwards, with the figure of what they are
    /// now.</summary>
    /// <param name="test">On the test examples.</param>
    public RunSummary WithTest(Evaluation test) =>
        this with
        {
            Test = test.ToString(),
            TestFigure = TestFigure.Of(test),
            Weights = null,
        };

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    internal void Write(string path) => AtomicFile.WriteAllText(path, Text + "\n");

    /// <summary>As in summary.json.</summary>
    internal string Text => JsonSerializer.Serialize(this, Format);

    /// <summary>Reads summary.json; a run that says it is running but holds no lock was killed.</summary>
    internal static RunSummary Read(string path, bool isHeld)
    {
        if (new FileInfo(path).Length > 1 << 20)
            throw new RunFolderException($"{path} is far too large for a summary.");
        RunSummary summary;
        try
        {
            summary = Parse(TextFile.Read(path), path);
        }
        catch (ConfigurationException fault)
        {
            throw new RunFolderException($"The summary is damaged: {fault.Message}", fault);
        }
        return summary.State == RunState.Running && !isHeld ? summary with { State = RunState.Killed } : summary;
    }

    /// <summary>Reads the text of a summary.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="place">Where it is from, for the error.</param>
    /// <exception cref="RunFolderException">It is damaged.</exception>
    internal static RunSummary Parse(string text, string place)
    {
        try
        {
            return JsonSerializer.Deserialize<RunSummary>(text, Format)
                ?? throw new RunFolderException($"The summary in {place} is empty.");
        }
        catch (JsonException fault)
        {
            throw new RunFolderException(
                $"The summary in {place} is damaged: {fault.Message} iresnet train --resume goes on from the last "
                    + "checkpoint and writes a new one.",
                fault
            );
        }
    }
}

/// <summary>The best figure on held-out examples so far. Less is better.</summary>
/// <param name="Metric">What it is.</param>
/// <param name="Value">The figure.</param>
/// <param name="Step">After how many steps.</param>
public sealed record BestFigure(string Metric, double Value, long Step);

/// <summary>The final figure on the test examples, with its 95 % confidence interval.</summary>
/// <param name="Metric">What it is.</param>
/// <param name="Value">The figure.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
/// <param name="Examples">How many.</param>
public sealed record TestFigure(string Metric, double Value, double Low, double High, int Examples)
{
    internal static TestFigure Of(Evaluation evaluation) =>
        new(evaluation.Metric, evaluation.Value, evaluation.Low, evaluation.High, evaluation.Examples);
}
