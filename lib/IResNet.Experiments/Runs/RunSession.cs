using System.Diagnostics;
using System.Text.Json;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using IResNet.Experiments.Distributed;
using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Runs;

/// <summary>
/// One start of a run, from a fresh model or its last good checkpoint to its end or its interruption.
/// </summary>
internal sealed class RunSession : IDisposable
{
    private readonly RunFolder _folder;
    private readonly Experiment _experiment;
    private readonly ITrainingSink _sink;
    private readonly RunMachine _machine;
    private readonly CheckpointFolder _checkpoints;
    private readonly TrainedModel _model;
    private readonly Trainer _trainer;
    private readonly Stopwatch _wall = Stopwatch.StartNew();
    private readonly JsonElement _config;
    private CheckpointManifest? _last;
    private RunSummary _summary;
    private BestFigure? _best;
    private long _evaluatedStep = -1;
    private double _wallBefore;
    private long _savedAt = Stopwatch.GetTimestamp();

    public RunSession(
        RunFolder folder,
        Experiment experiment,
        ImageDataSet? data,
        Device device,
        ITrainingSink sink,
        Ranks? ranks = null
    )
    {
        ranks ??= Ranks.Alone;
        (_folder, _experiment, _sink) = (folder, experiment, sink);
        _machine = RunMachine.Here(device) with { Ranks = ranks.Count };
        _checkpoints = new CheckpointFolder(folder.CheckpointsFolder);
        _config = JsonElement.Parse(ExperimentJson.Write(experiment));
        _model = experiment.CreateModel(device);
        _trainer = new Trainer(experiment.CreateTask(_model, data), experiment.Options, ranks);
        _summary = experiment.Summarise(_machine);
    }

    /// <summary>Trains. Errors are noted in summary.json before they go on.</summary>
    /// <param name="ready">Called when the model is ready and the first step comes.</param>
    /// <param name="cancel">Ends the run after the step in hand.</param>
    public RunSummary Run(Action ready, CancellationToken cancel)
    {
        try
        {
            return TrainingRun.Guarded(_folder, () => Train(ready, cancel));
        }
        catch (Exception fault)
        {
            // Where the error is that nothing can be written, the summary cannot be either; that must not hide the
            // error.
            try
            {
                Conclude(fault is TrainingDivergedException ? RunState.Diverged : RunState.Failed, summary =>
                    summary with
                    {
                        Error = fault.Message,
                    }
                );
            }
            catch (Exception second) when (second is IOException or UnauthorizedAccessException)
            {
                Say($"summary.json cannot be written: {second.Message}");
            }
            throw;
        }
    }

    public void Dispose()
    {
        _trainer.Dispose();
        _model.Dispose();
    }

    private RunSummary Train(Action ready, CancellationToken cancel)
    {
        if (Before() is { } before)
            _summary = before with
            {
                State = RunState.Running,
                Error = null,
                Machine = _machine,
                TotalSteps = _experiment.Options.Steps,
                Resumed = before.Resumed + 1,
            };
        _checkpoints.Sweep();
        bool resumed = Restore();
        using var metrics = MetricsLog.Open(_folder.MetricsFile, Belongs);
        using var timing = MetricsLog.Open(_folder.TimingFile, _ => true);
        if (!resumed)
            _trainer.Initialize(_sink);
        else if (_trainer.Step == 0)
            _trainer.TakeOver();
        TrainerState.Share(_trainer);
        // Whichever rank is asked to stop, all do.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        cancel = stop.Token;
        Conclude(RunState.Running);
        ready();

        var loop = new TrainingLoop(
            _trainer,
            _experiment.Options,
            new Logging(metrics, timing, _experiment.Run.LogEvery, _trainer.Ranks, _sink),
            _last?.Seconds ?? 0
        );
        var outcome = TrainingOutcome.Cancelled;
        try
        {
            if (resumed)
                EvaluateIfDue(metrics, cancel);
            outcome = loop.Run(
                step =>
                {
                    _summary = _summary with
                    {
                        Step = _trainer.Step,
                        Loss = double.IsFinite(step.Loss) ? step.Loss : null,
                    };
                    if (_trainer.Ranks.IsCancelled)
                        stop.Cancel();
                    bool better = EvaluateIfDue(metrics, cancel);
                    if (better || CheckpointIsDue())
                        Save(metrics, loop.Seconds);
                },
                cancel
            );
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested) { }
        Save(metrics, loop.Seconds);
        _trainer.Ranks.Next(Word.End);
        if (outcome == TrainingOutcome.Cancelled)
            return Conclude(RunState.Interrupted);
        try
        {
            return Finish(cancel);
        }
        catch (OperationCanceledException)
        {
            return Conclude(RunState.Interrupted);
        }
    }

    /// <summary>
    /// What earlier starts noted. All that training needs is in the checkpoints: damage is set aside.
    /// </summary>
    private RunSummary? Before()
    {
        try
        {
            return _folder.SummaryOf(isHeld: true);
        }
        catch (RunFolderException damage)
        {
            Say($"{damage.Message} Set aside as {_folder.SetSummaryAside()}");
            return null;
        }
    }

    /// <summary>Continues from the last good checkpoint; damaged ones are set aside.</summary>
    /// <returns>Whether there was one.</returns>
    private bool Restore()
    {
        var steps = _checkpoints.Steps;
        foreach (long step in steps)
        {
            try
            {
                Restore(step);
                return true;
            }
            catch (CheckpointException fault)
            {
                Say($"{fault.Message} Set aside as {_checkpoints.SetAside(step)}");
            }
        }
        return steps.Count == 0
            ? false
            : throw new CheckpointException(
                _folder.CheckpointsFolder,
                $"none of the {steps.Count} checkpoints is good. To begin anew, choose another --run."
            );
    }

    private void Restore(long step)
    {
        var manifest = _checkpoints.ReadManifest(step, _experiment);
        if (manifest.Step != step)
            throw new CheckpointException(_checkpoints.Of(step), $"its manifest is of step {manifest.Step}.");
        using (NewDisposeScope())
            _checkpoints.Load(step, manifest, TrainerState.Parts(_trainer));
        _trainer.Task.Position = manifest.Data;
        _trainer.Optimizer.Updates = manifest.Updates;
        _trainer.ContinueAt(step, manifest.SkippedInARow);
        _trainer.LastCheckpoint = Name(manifest);
        (_last, _best, _evaluatedStep, _wallBefore) = (
            manifest,
            manifest.Best,
            manifest.Evaluated ? step : -1,
            manifest.WallSeconds
        );
        _summary = _summary with { Step = step, Best = _best };
        Say($"continues from step {step}");
        if (
            manifest.Machine.Threads != _machine.Threads
            || manifest.Machine.Ranks != _machine.Ranks
            || manifest.Machine.Device != _machine.Device
            || manifest.Machine.Processor != _machine.Processor
        )
            Say(
                $"the checkpoint was made with {manifest.Machine.Computing}, this is {_machine.Computing}: "
                    + "the run goes on, but not to the same bits"
            );
    }

    /// <summary>
    /// The samples and the evaluation of the present step, if their time has come. Where it is cut short, nothing is
    /// noted, and the next start does it again.
    /// </summary>
    /// <returns>Whether the figure is the best so far.</returns>
    private bool EvaluateIfDue(MetricsLog metrics, CancellationToken cancel)
    {
        if (_evaluatedStep == _trainer.Step)
            return false;
        bool better = false;
        if (_trainer.Step % _experiment.Run.SampleEvery == 0)
            Sample(cancel);
        if (_trainer.Step % _experiment.Options.EvaluateEvery == 0)
        {
            var result = Evaluate(HeldOut.Validation, cancel);
            metrics.Append(_trainer.Step, json =>
            {
                json.WriteString("metric", result.Metric);
                MetricsLog.Number(json, "value", result.Value);
                MetricsLog.Number(json, "low", result.Low);
                MetricsLog.Number(json, "high", result.High);
            });
            better = _best is null || result.Value < _best.Value;
            if (better)
                _best = new(result.Metric, result.Value, _trainer.Step);
            Conclude(RunState.Running);
        }
        _evaluatedStep = _trainer.Step;
        if (_trainer.Step % _experiment.Run.SampleEvery == 0 || _trainer.Step % _experiment.Options.EvaluateEvery == 0)
            TrainerState.Share(_trainer);
        return better;
    }

    /// <summary>
    /// Whether a line of metrics was written before the checkpoint with which this start begins; the others will be
    /// written again.
    /// </summary>
    private bool Belongs(JsonElement line)
    {
        long step = line.GetProperty("step").GetInt64();
        return _last is not null
            && (
                step < _last.Step || (step == _last.Step && (_last.Evaluated || !line.TryGetProperty("metric", out _)))
            );
    }

    private Evaluation Evaluate(HeldOut examples, CancellationToken cancel)
    {
        long start = Stopwatch.GetTimestamp();
        var result = _trainer.WithAverage(() => _trainer.Task.Evaluate(examples, cancel));
        _sink.On(new EvaluationEvent(_trainer.Step, result, Stopwatch.GetElapsedTime(start).TotalSeconds));
        return result;
    }

    /// <summary>A picture of samples. A model whose inverse does not converge is a result, not an error.</summary>
    private void Sample(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (_experiment.Run.Samples == 0)
            return;
        try
        {
            using var pictures = _trainer.WithAverage(() => _trainer.Task.Pictures(_experiment.Run.Samples));
            Directory.CreateDirectory(_folder.SamplesFolder);
            string file = Path.Combine(
                _folder.SamplesFolder,
                FormattableString.Invariant($"step-{_trainer.Step:D8}.png")
            );
            PictureGrid.Save(file, pictures);
        }
        catch (Exception fault) when (fault is NonConvergenceException or NonFiniteException)
        {
            Say($"no samples: {fault.Message}");
        }
    }

    private bool CheckpointIsDue() =>
        _trainer.Step % _experiment.Run.CheckpointEvery == 0
        || Stopwatch.GetElapsedTime(_savedAt).TotalSeconds
            >= (_experiment.Run.CheckpointSeconds ?? double.PositiveInfinity);

    private void Save(MetricsLog metrics, double seconds)
    {
        if (_trainer.Step == 0 || _last?.Step == _trainer.Step)
            return;
        metrics.Flush();
        _trainer.Recalibrate();
        using (NewDisposeScope())
            _last = _checkpoints.Save(
                new()
                {
                    Config = _config,
                    Step = _trainer.Step,
                    Updates = _trainer.Optimizer.Updates,
                    SkippedInARow = _trainer.SkippedInARow,
                    Data = _trainer.Task.Position,
                    Evaluated = _evaluatedStep == _trainer.Step,
                    Best = _best,
                    Seconds = seconds,
                    WallSeconds = WallSeconds,
                    Machine = _machine,
                },
                TrainerState.Parts(_trainer)
            );
        _savedAt = Stopwatch.GetTimestamp();
        _trainer.LastCheckpoint = Name(_last);
        TrainerState.Share(_trainer);
    }

    private RunSummary Finish(CancellationToken cancel)
    {
        var test = Evaluate(HeldOut.Test, cancel);
        Sample(cancel);
        return Conclude(RunState.Finished, summary =>
            summary.WithTest(test) with
            {
                Weights = _last?.Parts[TrainerState.Model].Sha256,
            }
        );
    }

    private double WallSeconds => _wallBefore + _wall.Elapsed.TotalSeconds;

    private RunSummary Conclude(RunState state, Func<RunSummary, RunSummary>? more = null)
    {
        _summary = _summary with
        {
            State = state,
            Step = _trainer.Step,
            Best = _best,
            Updated = DateTimeOffset.Now,
            WallSeconds = WallSeconds,
            TrainingSeconds = _last?.Seconds ?? 0,
        };
        if (more is not null)
            _summary = more(_summary);
        _summary.Write(_folder.SummaryFile);
        return _summary;
    }

    private void Say(string text) => _sink.On(new MessageEvent(_trainer.Step, text));

    private string Name(CheckpointManifest manifest) => $"step {manifest.Step}, {_checkpoints.Of(manifest.Step)}";

    /// <summary>Writes steps to the logs and hands everything on.</summary>
    private sealed class Logging(MetricsLog metrics, MetricsLog timing, long every, Ranks ranks, ITrainingSink next)
        : ITrainingSink
    {
        public void On(TrainingEvent happened)
        {
            if (happened is StepEvent step && (step.Step % every == 0 || step.Skipped))
            {
                metrics.Append(step.Step, json =>
                {
                    MetricsLog.Number(json, "loss", step.Loss);
                    json.WriteNumber("learningRate", step.LearningRate);
                    MetricsLog.Number(json, "gradientNorm", step.GradientNorm);
                    if (step.Skipped)
                        json.WriteBoolean("skipped", true);
                });
                timing.Append(step.Step, json =>
                {
                    json.WriteNumber("seconds", Math.Round(step.Seconds, 3));
                    json.WriteNumber("examplesPerSecond", Math.Round(step.ExamplesPerSecond, 1));
                    json.WriteNumber("memoryBytes", step.MemoryBytes);
                    if (ranks.Count > 1)
                        json.WriteNumber("communicationSeconds", Math.Round(ranks.Seconds, 4));
                });
            }
            next.On(happened);
        }
    }
}
