using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>
/// What differs between training a density model, a classifier and a 2-D flow: the batches, the loss, the held-out
/// figure.
/// </summary>
internal abstract class TrainingTask : IDisposable
{
    protected TrainingTask(nn.Module model, TrainingOptions options)
    {
        options.Validate();
        (Model, Options) = (model, options);
        Device = model.parameters().First().device;
        Generator = new Generator(options.Seed, Device);
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

    /// <summary>Batches an epoch; 1 where data are drawn afresh.</summary>
    public abstract int StepsPerEpoch { get; }

    /// <summary>Where the data stand.</summary>
    public abstract BatchState Position { get; set; }

    protected TrainingOptions Options { get; }

    /// <summary>
    /// Examples that initialise ActNorm, in the caller's scope. Does not move <see cref="Position"/>.
    /// </summary>
    public abstract Tensor InitialExamples();

    /// <summary>The next batch, in the caller's scope.</summary>
    public abstract Batch Next();

    /// <summary>Mean loss of a batch, with a graph, in the caller's scope. The model is in training mode.</summary>
    public abstract Tensor Loss(Batch batch);

    /// <summary>What a residual block is trained with, whose own estimator is given.</summary>
    public virtual LogDetEstimator EstimatorFor(LogDetEstimator own) => own.Seeded(Generator);

    /// <summary>
    /// Before the model is kept or judged: brings up to its weights what follows from them. Leaves the model in
    /// training mode.
    /// </summary>
    public virtual void Settle() { }

    /// <summary>The figure on held-out examples. Leaves the model in training mode.</summary>
    public abstract Evaluation Evaluate(HeldOut examples, CancellationToken cancel);

    /// <summary>
    /// What the model makes, as pictures of values in [0, 1]: shape (n, channels, height, width). Leaves the model in
    /// training mode.
    /// </summary>
    /// <param name="count">How many, as far as that applies.</param>
    public abstract Tensor Pictures(int count);

    /// <summary>
    /// Sets the generator to where a step begins. It depends on seed and step alone, so no generator's state needs to
    /// be saved.
    /// </summary>
    public void SeedStep(long step) => Generator.manual_seed((long)Mix(Mix(Options.Seed) + (ulong)step));

    public virtual void Dispose() => Generator.Dispose();

    /// <summary>The finaliser of SplitMix64: neighbouring numbers give unrelated ones.</summary>
    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
