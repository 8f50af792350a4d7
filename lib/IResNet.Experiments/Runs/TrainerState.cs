using IResNet.Experiments.Data;
using IResNet.Experiments.Distributed;
using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Runs;

/// <summary>
/// All tensors that later steps depend on, in parts. The schedule and the generators are functions of the step, which
/// the manifest holds with the data's position.
/// </summary>
internal static class TrainerState
{
    public const string Model = "model",
        Optimizer = "optimizer",
        Average = "average";

    /// <summary>
    /// The model's parameters and buffers (u, v and sigma of each layer, ActNorm with its mark, BatchNorm's
    /// statistics); the optimiser's vectors as <c>exp_avg/NAME</c>; the moving average. The tensors are the trainer's
    /// own or views of them.
    /// </summary>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, Tensor>> Parts(Trainer trainer) =>
        Parts(trainer.Task.Model, trainer.Parameters, trainer.Optimizer, trainer.Average);

    /// <summary>
    /// The first rank's state, on all ranks: after it, nothing that one rank did alone, and no rounding of another
    /// processor, sets them apart. The first rank tells the others before.
    /// </summary>
    public static void Share(Trainer trainer)
    {
        var ranks = trainer.Ranks;
        if (ranks.Count == 1)
            return;
        if (ranks.IsFirst)
            ranks.Next(Word.Share);
        var position = trainer.Task.Position;
        long step = ranks.Broadcast(trainer.Step),
            skipped = ranks.Broadcast(trainer.SkippedInARow),
            updates = ranks.Broadcast(trainer.Optimizer.Updates);
        position = new BatchState(
            (ulong)ranks.Broadcast((long)position.Seed),
            (int)ranks.Broadcast(position.Epoch),
            (int)ranks.Broadcast(position.Position)
        );
        using var scope = NewDisposeScope();
        foreach (var (_, part) in Parts(trainer).OrderBy(part => part.Key, StringComparer.Ordinal))
        {
            foreach (var (_, tensor) in part.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                ranks.Broadcast(tensor);
        }
        if (ranks.IsFirst)
            return;
        trainer.Optimizer.Updates = updates;
        trainer.Task.Position = position;
        trainer.ContinueAt(step, (int)skipped);
    }

    /// <summary>As the other overload, without a trainer.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, Tensor>> Parts(
        nn.Module model,
        FlatParameters parameters,
        FlatOptimizer optimizer,
        Tensor? average
    )
    {
        var parts = new Dictionary<string, IReadOnlyDictionary<string, Tensor>>
        {
            [Model] = Of(model),
            [Optimizer] = optimizer
                .State.SelectMany(state =>
                    parameters.Named(state.Value).Select(view => (Name: $"{state.Key}/{view.Key}", view.Value))
                )
                .ToDictionary(entry => entry.Name, entry => entry.Value),
        };
        if (average is not null)
            parts[Average] = parameters.Named(average);
        return parts;
    }

    /// <summary>A model's parameters and buffers.</summary>
    public static IReadOnlyDictionary<string, Tensor> Of(nn.Module model) => model.state_dict();
}
