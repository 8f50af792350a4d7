using IResNet.Experiments.Training;
using Spectre.Console;

namespace IResNet.Workbook.Commands;

/// <summary>How a training shows itself: a progress bar on a terminal, plain lines elsewhere.</summary>
internal abstract class TrainingScreen : IDisposable
{
    /// <summary>What the training tells.</summary>
    public abstract ITrainingSink Sink { get; }

    /// <summary>The one that fits the output.</summary>
    public static TrainingScreen For(TextWriter output) =>
        output == Console.Out && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive
            ? new Bar()
            : new Lines(output);

    public abstract void Dispose();

    private sealed class Lines(TextWriter output) : TrainingScreen
    {
        public override ITrainingSink Sink { get; } = new ConsoleSink(output, TimeSpan.FromSeconds(5));

        public override void Dispose() => output.Flush();
    }

    /// <summary>The bar's task lives until the screen is disposed; events move it.</summary>
    private sealed class Bar : TrainingScreen
    {
        private readonly TaskCompletionSource _finished = new();
        private readonly Task _live;
        private readonly ProgressTask _task;

        public Bar()
        {
            var started = new TaskCompletionSource<ProgressTask>();
            _live = AnsiConsole
                .Progress()
                .AutoClear(true)
                .Columns(
                    new ProgressBarColumn(),
                    new PercentageColumn(),
                    new TaskDescriptionColumn { Alignment = Justify.Left }
                )
                .StartAsync(context =>
                {
                    started.SetResult(context.AddTask("preparing", maxValue: 1));
                    return _finished.Task;
                });
            _task = started.Task.GetAwaiter().GetResult();
            Sink = TrainingSink.Of(Show);
        }

        public override ITrainingSink Sink { get; }

        public override void Dispose()
        {
            _finished.TrySetResult();
            _live.GetAwaiter().GetResult();
        }

        private void Show(TrainingEvent happened)
        {
            if (happened is not StepEvent step)
            {
                AnsiConsole.WriteLine(ConsoleSink.Line(happened));
                return;
            }
            double total = step.Seconds + (step.Remaining?.TotalSeconds ?? 0);
            (_task.MaxValue, _task.Value) = step.TotalSteps is { } steps
                ? (steps, step.Step)
                : (Math.Max(total, 1e-3), step.Seconds);
            _task.Description = Markup.Escape(ConsoleSink.Line(happened));
        }
    }
}
