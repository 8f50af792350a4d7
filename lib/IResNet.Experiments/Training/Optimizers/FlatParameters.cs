using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training.Optimizers;

/// <summary>
/// A model's trainable parameters in a fixed order, read and changed as one vector: an optimiser then needs a few large operations instead of many small
/// ones, and its state is a few vectors that can be saved under the parameters' names.
/// </summary>
internal sealed class FlatParameters
{
    private readonly (string Name, Parameter Parameter, long[] Shape, long Start, long Count)[] _entries;

    /// <summary>Lists the parameters once.</summary>
    /// <exception cref="ArgumentException">There are none, or they differ in type or device.</exception>
    public FlatParameters(nn.Module model)
    {
        var entries = new List<(string, Parameter, long[], long, long)>();
        foreach (var (name, parameter) in model.named_parameters().Where(pair => pair.parameter.requires_grad))
        {
            entries.Add((name, parameter, parameter.shape, Count, parameter.numel()));
            Count += parameter.numel();
        }
        _entries = [.. entries];
        if (Count == 0) throw new ArgumentException("The model has no parameter to train.", nameof(model));
        (DType, Device) = (_entries[0].Parameter.dtype, _entries[0].Parameter.device);
        if (_entries.FirstOrDefault(e => e.Parameter.dtype != DType || e.Parameter.device.ToString() != Device.ToString()) is { Name: { } other })
            throw new ArgumentException($"'{other}' and '{_entries[0].Name}' differ in type or device: move the whole model with to(...).", nameof(model));
    }

    /// <summary>Numbers in all.</summary>
    public long Count { get; }

    /// <summary>Their type.</summary>
    public ScalarType DType { get; }

    /// <summary>Where they are.</summary>
    public Device Device { get; }

    /// <summary>All gradients; zero where there is none.</summary>
    public Tensor Gradient()
    {
        using var scope = NewDisposeScope();
        return cat([.. _entries.Select(e => e.Parameter.grad?.reshape(-1) ?? zeros(e.Count, DType, Device))]).MoveToOuterDisposeScope();
    }

    /// <summary>A copy of all values.</summary>
    public Tensor Values()
    {
        using var scope = NewDisposeScope();
        return cat([.. _entries.Select(e => e.Parameter.detach().reshape(-1))]).MoveToOuterDisposeScope();
    }

    /// <summary>Drops the gradients.</summary>
    public void ZeroGradient()
    {
        foreach (var entry in _entries)
        {
            using var gradient = entry.Parameter.grad;
            entry.Parameter.grad = null;
        }
    }

    /// <summary>values += scale * update.</summary>
    public void Add(Tensor update, double scale)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var alpha = scale.ToScalar();
        foreach (var entry in _entries) entry.Parameter.add_(View(update, entry.Start, entry.Count, entry.Shape), alpha);
    }

    /// <summary>values = source.</summary>
    public void Assign(Tensor source)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var entry in _entries) entry.Parameter.copy_(View(source, entry.Start, entry.Count, entry.Shape));
    }

    /// <summary>Views of a vector under the parameters' names, each with its parameter's shape.</summary>
    public Dictionary<string, Tensor> Named(Tensor flat) => _entries.ToDictionary(e => e.Name, e => View(flat, e.Start, e.Count, e.Shape));

    /// <summary>The first parameter for whose part of a vector not all numbers are finite.</summary>
    public string? FirstNonFinite(Tensor flat)
    {
        using var scope = NewDisposeScope();
        return _entries.FirstOrDefault(e => !isfinite(flat.narrow(0, e.Start, e.Count)).all().ToBoolean()).Name;
    }

    /// <summary>1 for parameters whose name fulfils a condition, 0 for the others.</summary>
    public Tensor Mask(Func<string, bool> condition)
    {
        using var scope = NewDisposeScope();
        return cat([.. _entries.Select(e => full(e.Count, condition(e.Name) ? 1 : 0, DType, Device))]).MoveToOuterDisposeScope();
    }

    private static Tensor View(Tensor flat, long start, long count, long[] shape) => flat.narrow(0, start, count).view(shape);
}
