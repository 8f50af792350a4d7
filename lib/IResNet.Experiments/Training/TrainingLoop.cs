using System.Diagnostics;

namespace IResNet.Experiments.Training;

/// <summary>How a training ended.</summary>
public enum TrainingOutcome
{
    /// <summary>All steps were made, or the time is up.</summary>
    Finished,

    /// <summary>It was cancelled between two steps.</summary>
    Cancelled,
}

/// <summary>
/// Steps until the end, told to a sink. The clock stands still while something else is done between two steps.
/// </summary>
internal sealed class TrainingLoop(
    Trainer trainer,
    TrainingOptions options,
    ITrainingSink sink,
    double secondsBefore = 0
)
{
    private readonly Stopwatch _clock = new();
    private readonly Speed _speed = new();

    /// <summary>Training time in seconds, that of earlier parts of a resumed run included.</summary>
    public double Seconds => secondsBefore + _clock.Elapsed.TotalSeconds;

    /// <summary>Runs to the end.</summary>
    /// <param name="afterStep">Called after each step with the clock stopped: evaluations, checkpoints.</param>
    /// <param name="cancel">Looked at between two steps; <paramref name="afterStep"/> may throw for it.</param>
    /// <exception cref="TrainingDivergedException">See <see cref="Trainer.Next"/>.</exception>
    public TrainingOutcome Run(Action<StepResult> afterStep, CancellationToken cancel)
    {
        while (!IsOver)
        {
            if (cancel.IsCancellationRequested)
                return TrainingOutcome.Cancelled;
            _clock.Start();
            var result = trainer.Next();
            _clock.Stop();
            _speed.Add(Seconds, result.Examples);
            sink.On(Event(result));
            if (result.Skipped)
                sink.On(
                    new MessageEvent(trainer.Step, FormattableString.Invariant($"left out a batch: loss {result.Loss}"))
                );
            try
            {
                afterStep(result);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return TrainingOutcome.Cancelled;
            }
        }
        return TrainingOutcome.Finished;
    }

    private bool IsOver => trainer.Step >= options.Steps || Seconds >= options.Seconds;

    private StepEvent Event(StepResult result)
    {
        double perSecond = _speed.PerSecond;
        double remaining = Enumerable.Min([
            options.Steps is { } steps && perSecond > 0
                ? (steps - trainer.Step) * result.Examples / perSecond
                : double.PositiveInfinity,
            options.Seconds is { } limit ? Math.Max(0, limit - Seconds) : double.PositiveInfinity,
        ]);
        return new(
            trainer.Step,
            options.Seconds is null ? options.Steps : null,
            result.Loss,
            result.LearningRate,
            result.GradientNorm,
            result.Skipped,
            Seconds,
            perSecond,
            Environment.WorkingSet,
            double.IsFinite(remaining) && remaining < 1e9 ? TimeSpan.FromSeconds(remaining) : null
        );
    }

    /// <summary>Examples per second over the last ten seconds.</summary>
    private sealed class Speed
    {
        private const double Window = 10;
        private readonly Queue<(double At, int Examples)> _steps = new();
        private long _examples;

        public double PerSecond { get; private set; }

        public void Add(double at, int examples)
        {
            _steps.Enqueue((at, examples));
            _examples += examples;
            while (_steps.Count > 2 && at - _steps.Peek().At > Window)
                _examples -= _steps.Dequeue().Examples;
            // The first entry only marks when the window begins.
            var (begin, first) = _steps.Peek();
            PerSecond = _steps.Count > 1 && at > begin ? (_examples - first) / (at - begin) : 0;
        }
    }
}
