namespace IResNet.Experiments.Training;

/// <summary>
/// Loss or gradient became NaN or infinite, or the loss exploded. The model still has the weights from before the step,
/// all finite.
/// </summary>
/// <param name="step">The step that could not be made, from 1.</param>
/// <param name="what">What went wrong: "the loss is NaN".</param>
/// <param name="layer">Where the first number that is not finite was seen; null where all layers are finite.</param>
/// <param name="checkpoint">The last good checkpoint; null where there is none.</param>
public sealed class TrainingDivergedException(long step, string what, string? layer, string? checkpoint)
    : ArithmeticException(
        $"Step {step}: {what}. {(layer is null ? "All layers gave finite numbers" : $"First seen in {layer}")}. "
            + $"Last good checkpoint: {checkpoint ?? "none"}. The model keeps the weights from before this step. "
            + "Look at the data, lower the learning rate, warm up longer, clip gradients (ClipNorm), or leave out "
            + "such batches (OnDivergence = Skip)."
    )
{
    /// <summary>The step that could not be made, from 1.</summary>
    public long Step { get; } = step;

    /// <summary>Where the first number that is not finite was seen; null where all layers are finite.</summary>
    public string? Layer { get; } = layer;

    /// <summary>The last good checkpoint; null where there is none.</summary>
    public string? Checkpoint { get; } = checkpoint;
}
