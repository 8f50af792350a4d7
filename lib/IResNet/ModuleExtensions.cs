namespace IResNet;

/// <summary>Small additions to TorchSharp's modules.</summary>
internal static class ModuleExtensions
{
    /// <summary>
    /// Lets a module outlive the dispose scope in which it was built: otherwise its parameters would die with the
    /// scope. Constructors that make tensors open a scope of their own and end with this, so that what they need on the
    /// way does not wait for the garbage collector.
    /// </summary>
    public static void KeepFromDisposeScope(this nn.Module module)
    {
        foreach (var parameter in module.parameters(recurse: false))
            parameter.DetachFromDisposeScope();
        foreach (var (_, buffer) in module.named_buffers(recurse: false))
            buffer.DetachFromDisposeScope();
    }

    /// <summary>
    /// All modules in a module, each before those in it and in the order in which they were registered: forward order,
    /// which TorchSharp's <c>modules()</c> does not keep.
    /// </summary>
    public static IEnumerable<nn.Module> Descendants(this nn.Module module) =>
        module.children().SelectMany(child => child.Descendants().Prepend(child));

    /// <summary>BatchNorm of feature maps.</summary>
    /// <exception cref="ShapeException">It trains on one value per channel, which has no variance: TorchSharp would put
    /// NaN into the running variance.</exception>
    public static Tensor Normalize(this BatchNorm2d norm, Tensor x)
    {
        if (norm.training && x.numel() == x.size(1))
            throw new ShapeException(
                "BatchNorm cannot train on one value per channel: its variance would become NaN. Pass more than one "
                    + "image, or call eval()."
            );
        return norm.forward(x);
    }
}
