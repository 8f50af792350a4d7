namespace IResNet;

/// <summary>The content of a safetensors file. Disposing frees all tensors.</summary>
/// <param name="Tensors">Name to tensor, on the CPU.</param>
/// <param name="Metadata">Strings stored with them.</param>
public sealed record TensorFile(
    IReadOnlyDictionary<string, Tensor> Tensors,
    IReadOnlyDictionary<string, string> Metadata
) : IDisposable
{
    /// <summary>The tensor of a name.</summary>
    /// <exception cref="WeightsFormatException">There is none.</exception>
    public Tensor this[string name] =>
        Tensors.TryGetValue(name, out var tensor)
            ? tensor
            : throw new WeightsFormatException(
                $"There is no tensor '{name}' among {Tensors.Count}, the first being '{Tensors.Keys.FirstOrDefault()}'."
            );

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Tensors.Values)
            tensor.Dispose();
    }
}
