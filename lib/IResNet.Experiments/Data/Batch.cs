using TorchSharp;

namespace IResNet.Experiments.Data;

/// <summary>
/// Some preprocessed images. It belongs to whoever took it: dispose it, or take it inside a dispose scope.
/// </summary>
/// <param name="images">(n, channels, height, width).</param>
/// <param name="labels">(n), int64.</param>
/// <param name="views">The same images, augmented in another way, where a task needs both.</param>
public sealed class Batch(torch.Tensor images, torch.Tensor labels, torch.Tensor? views = null) : IDisposable
{
    /// <summary>(n, channels, height, width).</summary>
    public torch.Tensor Images { get; } = images;

    /// <summary>The classes, (n), int64.</summary>
    public torch.Tensor Labels { get; } = labels;

    /// <summary>The same images, augmented in another way: as <see cref="Images"/>; null where there is one
    /// way.</summary>
    public torch.Tensor? Views { get; } = views;

    /// <summary>How many images.</summary>
    public int Count { get; } = (int)images.shape[0];

    /// <summary><c>var (x, y) = batches.Next();</c></summary>
    public void Deconstruct(out torch.Tensor images, out torch.Tensor labels) => (images, labels) = (Images, Labels);

    /// <inheritdoc/>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
        Views?.Dispose();
    }
}
