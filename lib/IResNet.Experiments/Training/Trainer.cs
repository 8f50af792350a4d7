using IResNet.Experiments.Data;
using IResNet.Experiments.Distributed;
using IResNet.Experiments.Training.Optimizers;
using TorchSharp;
using static TorchSharp.torch;
using Trace = System.Diagnostics.Trace;

namespace IResNet.Experiments.Training;

/// <summary>
/// Makes training steps. Everything that later steps depend on is here, so that a checkpoint can hold it.
/// </summary>
internal sealed class Trainer : IDisposable
{
    private const int MostSkipsInARow = 10;
    private readonly TrainingOptions _options;
    private readonly List<SpectralLayer> _learned;

    /// <param name="task">What is trained.</param>
    /// <param name="options">How.</param>
    /// <param name="ranks">The processes that train it together; this one alone by default.</param>
    /// <exception cref="DistributedException">They cannot divide a batch equally.</exception>
    public Trainer(TrainingTask task, TrainingOptions options, Ranks? ranks = null)
    {
        (Task, _options, Ranks) = (task, options, ranks ?? Ranks.Alone);
        if (options.Batch % Ranks.Count != 0)
            throw new DistributedException(
                $"training.batch is {options.Batch}, which {Ranks.Count} ranks cannot share equally: choose a multiple "
                    + $"of {Ranks.Count}."
            );
        task.Ranks = Ranks;
        Parameters = new FlatParameters(task.Model);
        _learned = [.. task.Flow?.SpectralLayers.Where(LearnedOrders.Has) ?? []];
        Optimizer = options.Optimizer.Create(Parameters, options);
        if (options.AverageDecay is not null)
            Average = Parameters.Values().DetachFromDisposeScope();
        task.Model.train();
    }

    public TrainingTask Task { get; }

    /// <summary>The processes that train it together.</summary>
    public Ranks Ranks { get; }

    public FlatParameters Parameters { get; }

    public FlatOptimizer Optimizer { get; }

    /// <summary>The moving average of the parameters, if one is kept.</summary>
    public Tensor? Average { get; }

    /// <summary>Batches taken, skipped ones included.</summary>
    public long Step { get; private set; }

    /// <summary>Steps skipped just before.</summary>
    public int SkippedInARow { get; private set; }

    /// <summary>Where the last checkpoint lies, for error messages.</summary>
    public string? LastCheckpoint { get; set; }

    /// <summary>Before the first step of a new model: power iterations, then ActNorm from the first examples.</summary>
    /// <param name="sink">Told what is doubtful about these, and about the estimators.</param>
    public void Initialize(ITrainingSink? sink = null)
    {
        if (Task.Flow is not { } flow)
            return;
        foreach (var layer in flow.ResidualBlocks.SelectMany(block => block.Branch.Layers))
            layer.SearchNorm(_options.BurnIn);
        if (flow.EstimatorWarning(Task.EstimatorFor) is { } doubt)
        {
            if (sink is null || sink == TrainingSink.None)
                Trace.TraceWarning(doubt);
            else
                sink.On(new MessageEvent(Step, doubt));
        }
        if (flow.ActNorms.All(actNorm => actNorm.IsInitialized))
            return;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        flow.LatentsOf(Task.InitialExamples());
        string[] warnings = [.. flow.ActNorms.Select(actNorm => actNorm.Warning).OfType<string>()];
        if (warnings.Length > 0)
            sink?.On(new MessageEvent(Step, $"{warnings.Length} of {flow.ActNorms.Count} layers: {warnings[0]}"));
        Average?.copy_(Parameters.Values());
    }

    /// <summary>Before the first step from given weights: what the task makes of them.</summary>
    public void TakeOver()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Task.TakeOver();
        Average?.copy_(Parameters.Values());
    }

    /// <summary>Continues at a step; model, optimiser, average and data position are set by the caller.</summary>
    public void ContinueAt(long step, int skippedInARow) => (Step, SkippedInARow) = (step, skippedInARow);

    /// <summary>One step; the first rank tells the others before.</summary>
    /// <exception cref="TrainingDivergedException">Loss or gradient is not finite, or the loss exploded.</exception>
    public StepResult Next()
    {
        if (Ranks.IsFirst)
            Ranks.Next(Word.Step);
        using var scope = NewDisposeScope();
        Task.SeedStep(Step);
        double rate = LearningRateSchedule.At(_options, Step, Task.StepsPerEpoch);
        // Every rank draws the whole batch, so that it is the same for any number of them.
        var batch = Task.Next();
        var share = new Batch(
            Ranks.Share(batch.Images),
            Ranks.Share(batch.Labels),
            batch.Views is { } views ? Ranks.Share(views) : null
        );
        Parameters.ZeroGradient();
        var (loss, gradient, trouble) = Differentiate(share.Images, () => Task.Loss(share));
        Parameters.ZeroGradient();
        Step++;
        if (trouble is not null)
            return Diverged(loss, rate, batch.Count, trouble.Value);

        SkippedInARow = 0;
        double norm = gradient!.norm().ReadDouble();
        if (_options.ClipNorm is { } limit && norm > limit)
            gradient.mul_(limit / norm);
        Optimizer.Step(gradient, rate);
        Task.Flow?.UpdateNorms();
        UpdateAverage();
        return new(loss, norm, rate, batch.Count, Skipped: false);
    }

    /// <summary>
    /// Before the model is kept: <see cref="TrainingTask.Recalibrate"/>, under the averaged parameters if an average is
    /// kept.
    /// </summary>
    public void Recalibrate() =>
        WithAverage(() =>
        {
            Task.Recalibrate();
            return true;
        });

    /// <summary>Calls an action while the model has the averaged parameters, if an average is kept.</summary>
    public T WithAverage<T>(Func<T> action)
    {
        if (Average is null)
            return action();
        using var present = Parameters.Values().DetachFromDisposeScope();
        Parameters.Assign(Average);
        try
        {
            return action();
        }
        finally
        {
            Parameters.Assign(present);
        }
    }

    public void Dispose()
    {
        Optimizer.Dispose();
        Average?.Dispose();
        Task.Dispose();
    }

    private (double loss, Tensor? gradient, (string What, string? Layer)? trouble) Differentiate(
        Tensor x,
        Func<Tensor> lossOf
    )
    {
        Tensor? loss = null;
        string? fault = null;
        try
        {
            loss = lossOf();
        }
        catch (NonFiniteException found)
        {
            fault = found.Message;
        }
        double own = loss?.ReadDouble() ?? double.NaN,
            value = Ranks.MeanLoss(own);
        if (!double.IsFinite(value))
            return (
                value,
                null,
                fault is not null
                    ? ("the batch is not finite", fault)
                    : (
                        $"the loss is {value}",
                        double.IsFinite(own) ? "the loss of another rank" : NonFiniteLayer.Find(Task.Flow, x)
                    )
            );
        if (Math.Abs(value) > _options.MaxLoss)
            return (
                value,
                null,
                (
                    FormattableString.Invariant(
                        $"the loss exploded to {value:g4} (MaxLoss is {_options.MaxLoss:g4}; raise it where a random "
                    ) + "number of terms scatters the estimate so far)",
                    null
                )
            );
        loss!.backward();
        LearnedOrders.MeanNorm(_learned)?.backward();
        var gradient = Parameters.Gradient();
        Ranks.Mean(gradient);
        return FlatParameters.IsFinite(gradient)
            ? (value, gradient, null)
            : (value, null, ("the gradient is not finite", $"the gradient of '{Parameters.FirstNonFinite(gradient)}'"));
    }

    private StepResult Diverged(double loss, double rate, int examples, (string What, string? Layer) trouble)
    {
        if (_options.OnDivergence == DivergencePolicy.Stop || ++SkippedInARow > MostSkipsInARow)
            throw new TrainingDivergedException(Step, trouble.What, trouble.Layer, LastCheckpoint);
        return new(loss, double.NaN, rate, examples, Skipped: true);
    }

    private void UpdateAverage()
    {
        if (Average is null)
            return;
        using var noGrad = no_grad();
        double t = Optimizer.Updates,
            decay = Math.Min(_options.AverageDecay!.Value, (1 + t) / (10 + t));
        Average.mul_(decay).add_(Parameters.Values(), alpha: 1 - decay);
    }
}

/// <summary>What a step gave.</summary>
internal readonly record struct StepResult(
    double Loss,
    double GradientNorm,
    double LearningRate,
    int Examples,
    bool Skipped
);
