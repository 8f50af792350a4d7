using IResNet.Experiments.Data;
using IResNet.Experiments.Distributed;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>
/// What differs between training a density model, a classifier and a 2-D flow: the batches, the loss, the held-out
/// figure.
/// </summary>
/// <remarks>
/// A run continues from a checkpoint as if it had not been interrupted if everything that a step depends on is in the
/// model's parameters and buffers, in <see cref="Position"/>, or drawn from <see cref="Generator"/> or torch's own
/// generator, which are both set by seed and step before each step.
/// </remarks>
public abstract class TrainingTask : IDisposable
{
    /// <summary>For a model that is on its device already.</summary>
    /// <param name="model">What is trained.</param>
    /// <param name="options">How.</param>
    /// <exception cref="ArgumentException">The options are impossible.</exception>
    protected TrainingTask(nn.Module model, TrainingOptions options)
    {
        options.Validate();
        (Model, Options) = (model, options);
        Device = model.parameters().First().device;
        Generator = new Generator(options.Seed);
    }

    /// <summary>What is trained.</summary>
    public nn.Module Model { get; }

    /// <summary>
    /// The model's invertible part: the model itself for densities, null for a network that has none.
    /// </summary>
    public abstract Flow? Flow { get; }

    /// <summary>Where the model is.</summary>
    public Device Device { get; }

    /// <summary>Every random number of a step but the batch's own: probes, points of 2-D densities.</summary>
    public Generator Generator { get; }

    /// <summary>Batches per epoch; 1 where data are drawn afresh.</summary>
    public abstract int StepsPerEpoch { get; }

    /// <summary>Where the data stand.</summary>
    public abstract BatchState Position { get; set; }

    /// <summary>The processes that share each batch.</summary>
    internal Ranks Ranks { get; set; } = Ranks.Alone;

    /// <summary>How it is trained.</summary>
    protected TrainingOptions Options { get; }

    /// <summary>
    /// Examples that initialise ActNorm, in the caller's scope. Does not move <see cref="Position"/>.
    /// </summary>
    public abstract Tensor InitialExamples();

    /// <summary>
    /// Before the first step from given weights: sets what these lack. In a dispose scope, without gradients.
    /// </summary>
    public virtual void TakeOver() { }

    /// <summary>The next batch, in the caller's scope.</summary>
    public abstract Batch Next();

    /// <summary>Mean loss of a batch, with a graph, in the caller's scope. The model is in training mode.</summary>
    public abstract Tensor Loss(Batch batch);

    /// <summary>What a residual block is trained with, whose own estimator is given.</summary>
    public virtual LogDetEstimator EstimatorFor(LogDetEstimator own)
    {
        var seeded = own.Seeded(Generator);
        return Ranks.Count == 1 ? seeded : seeded.Shared(Ranks.Rank, Ranks.Count);
    }

    /// <summary>What the coefficients of a block's layers bound Lip(g) by, in the norm of the branch.</summary>
    internal static double CoefficientBound(ResidualBlock block) =>
        block.Branch.LipschitzBound(layer => layer.Options.Coefficient);

    /// <summary>
    /// Before the model is kept or judged: brings up to its weights what follows from them. Leaves the model in
    /// training mode.
    /// </summary>
    public virtual void Recalibrate() { }

    /// <summary>The figure on held-out examples. Leaves the model in training mode.</summary>
    /// <param name="examples">Which.</param>
    /// <param name="cancel">Stops between two batches.</param>
    public abstract Evaluation Evaluate(HeldOut examples, CancellationToken cancel);

    /// <summary>
    /// What the model makes, as pictures of values in [0, 1]: shape (n, channels, height, width). Leaves the model in
    /// training mode.
    /// </summary>
    /// <param name="count">How many, as far as that applies.</param>
    public abstract Tensor Pictures(int count);

    /// <summary>Frees the generator.</summary>
    public virtual void Dispose()
    {
        Generator.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Sets the generators to where a step begins: the task's, and torch's own, from which estimators and layers draw
    /// that have no other. It depends on seed and step alone, so no generator's state needs to be saved.
    /// </summary>
    internal void SeedStep(long step)
    {
        long seed = (long)Mix(Mix(Options.Seed) + (ulong)step);
        Generator.manual_seed(seed);
        manual_seed(seed).Dispose();
    }

    /// <summary>The finaliser of SplitMix64: neighbouring numbers give unrelated ones.</summary>
    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
