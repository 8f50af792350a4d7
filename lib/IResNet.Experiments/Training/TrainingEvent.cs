namespace IResNet.Experiments.Training;

/// <summary>Something that happened in a run.</summary>
/// <param name="Step">Steps made before it.</param>
public abstract record TrainingEvent(long Step);

/// <summary>A step was made.</summary>
/// <param name="Step">Steps made, this one included.</param>
/// <param name="TotalSteps">Steps planned; null where the run ends by the clock.</param>
/// <param name="Loss">The batch's loss: bits/dim for images, nats for 2-D densities, cross entropy for
/// classifiers.</param>
/// <param name="LearningRate">The rate of this step.</param>
/// <param name="GradientNorm">2-norm of the gradient before clipping.</param>
/// <param name="Skipped">The batch was left out, see <see cref="DivergencePolicy.Skip"/>.</param>
/// <param name="Seconds">Training time so far, evaluations not counted.</param>
/// <param name="ExamplesPerSecond">Mean over the last seconds.</param>
/// <param name="MemoryBytes">Resident memory of the process.</param>
/// <param name="Remaining">Expected time to the end.</param>
public sealed record StepEvent(
    long Step,
    long? TotalSteps,
    double Loss,
    double LearningRate,
    double GradientNorm,
    bool Skipped,
    double Seconds,
    double ExamplesPerSecond,
    long MemoryBytes,
    TimeSpan? Remaining
) : TrainingEvent(Step);

/// <summary>The model was evaluated on held-out examples.</summary>
/// <param name="Step">Steps made.</param>
/// <param name="Result">What came out.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record EvaluationEvent(long Step, Evaluation Result, double Seconds) : TrainingEvent(Step);

/// <summary>A word about the run: a phase begins, a batch was skipped, a checkpoint was written.</summary>
/// <param name="Step">Steps made.</param>
/// <param name="Text">One line.</param>
public sealed record MessageEvent(long Step, string Text) : TrainingEvent(Step);

/// <summary>
/// Receives the events of a run, in order, on the training's thread: it should be quick, and draw elsewhere.
/// </summary>
public interface ITrainingSink
{
    /// <summary>Takes an event.</summary>
    void On(TrainingEvent happened);
}

/// <summary>Sinks for the usual needs.</summary>
public static class TrainingSink
{
    /// <summary>Takes nothing.</summary>
    public static ITrainingSink None { get; } = Of(_ => { });

    /// <summary>
    /// Calls a function, as a live chart needs it: <c>TrainingSink.OfSteps(step => chart.Add(step.Step, step.Loss))</c>
    /// for steps alone.
    /// </summary>
    public static ITrainingSink Of(Action<TrainingEvent> action) => new Calling(action);

    /// <summary>Calls a function at each step.</summary>
    public static ITrainingSink OfSteps(Action<StepEvent> action) =>
        new Calling(happened =>
        {
            if (happened is StepEvent step)
                action(step);
        });

    /// <summary>Hands each event to several sinks.</summary>
    public static ITrainingSink All(params ITrainingSink?[] sinks) =>
        new Calling(happened =>
        {
            foreach (var sink in sinks)
                sink?.On(happened);
        });

    private sealed class Calling(Action<TrainingEvent> action) : ITrainingSink
    {
        public void On(TrainingEvent happened) => action(happened);
    }
}
