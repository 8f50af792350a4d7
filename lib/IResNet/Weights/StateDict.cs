namespace IResNet;

/// <summary>
/// Copies named tensors into a model: all or nothing, and only where names, shapes and kinds of number agree.
/// </summary>
public static class StateDict
{
    private static readonly string[] Wrappers = ["module.", "_orig_mod."];

    /// <summary>Copies every source tensor into the target of its name.</summary>
    /// <remarks>
    /// Names may stand behind the prefix of one of PyTorch's wrappers, <c>module.</c> say. TorchSharp's own
    /// <c>load_state_dict</c> broadcasts silently; this does not.
    /// </remarks>
    /// <exception cref="WeightsFormatException">A name is missing or unknown, a shape or kind of number differs, or a
    /// number is not finite. Nothing was changed.</exception>
    public static void Copy(IReadOnlyDictionary<string, Tensor> source, IReadOnlyDictionary<string, Tensor> target)
    {
        source = Unwrapped(source, target);
        var missing = target.Keys.Except(source.Keys).ToList();
        var unknown = source.Keys.Except(target.Keys).ToList();
        if (missing.Count + unknown.Count > 0)
            throw new WeightsFormatException(
                $"The weights do not fit the model. Missing: {Name(missing)}. Not in the model: {Name(unknown)}."
            );
        foreach (var (name, tensor) in source)
        {
            if (!tensor.shape.SequenceEqual(target[name].shape))
                throw new WeightsFormatException(
                    $"'{name}' has shape [{string.Join(", ", tensor.shape)}], but the model needs "
                        + $"[{string.Join(", ", target[name].shape)}]."
                );
            if (tensor.dtype != target[name].dtype && !(tensor.is_floating_point() && target[name].is_floating_point()))
                throw new WeightsFormatException(
                    $"'{name}' holds {tensor.dtype}, but the model needs {target[name].dtype}: only floating-point "
                        + "numbers convert."
                );
            using var scope = NewDisposeScope();
            if (tensor.is_floating_point() && !tensor.to(target[name].dtype).ReadIsFinite())
                throw new WeightsFormatException(
                    $"'{name}' holds NaN, an infinity or a number beyond the range of {target[name].dtype}."
                );
        }
        using var noGrad = no_grad();
        foreach (var (name, tensor) in source)
            target[name].copy_(tensor);
    }

    /// <summary>
    /// Names without what PyTorch's wrappers put before them: <c>module.</c> (DataParallel) and <c>_orig_mod.</c>
    /// (compile); the others as they are.
    /// </summary>
    /// <param name="source">Tensors by name.</param>
    /// <param name="target">The model's names, which may begin so themselves.</param>
    public static IReadOnlyDictionary<string, Tensor> Unwrapped(
        IReadOnlyDictionary<string, Tensor> source,
        IReadOnlyDictionary<string, Tensor> target
    )
    {
        string? wrapper = Array.Find(Wrappers, prefix =>
            source.Keys.Any()
            && source.Keys.All(name => name.StartsWith(prefix, StringComparison.Ordinal))
            && !target.Keys.Any(name => name.StartsWith(prefix, StringComparison.Ordinal))
        );
        return wrapper is null
            ? source
            : Unwrapped(source.ToDictionary(pair => pair.Key[wrapper.Length..], pair => pair.Value), target);
    }

    private static string Name(List<string> names) =>
        names.Count switch
        {
            0 => "none",
            <= 4 => string.Join(", ", names),
            _ => $"{string.Join(", ", names.Take(4))} and {names.Count - 4} more",
        };
}
