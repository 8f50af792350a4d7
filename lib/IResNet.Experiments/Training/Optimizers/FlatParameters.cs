using IResNet.Experiments.Configuration;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training.Optimizers;

/// <summary>
/// A model's trainable parameters in a fixed order, read and changed as one vector: an optimiser then needs a few large
/// operations instead of many small ones, and its state is a few vectors that can be saved under the parameters' names.
/// </summary>
internal sealed class FlatParameters
{
    // Four vectors of so many numbers stay in a cache of some megabytes between the operations of an update; each
    // operation is still long enough for its call.
    private const long PieceOnCpu = 1 << 18;
    private readonly Entry[] _entries;

    /// <summary>Lists the parameters once.</summary>
    /// <exception cref="ArgumentException">They differ in type or device.</exception>
    /// <exception cref="ConfigurationException">There are none.</exception>
    public FlatParameters(nn.Module model)
    {
        var entries = new List<Entry>();
        foreach (var (name, parameter) in model.named_parameters().Where(pair => pair.parameter.requires_grad))
        {
            entries.Add(new(name, parameter, parameter.shape, Count, parameter.numel()));
            Count += parameter.numel();
        }
        _entries = [.. entries];
        if (Count == 0)
            throw new ConfigurationException(
                "The model has no parameter to train: set model.learnedTransform or model.learnedPrior to true."
            );
        (DType, Device) = (_entries[0].Parameter.dtype, _entries[0].Parameter.device);
        if (
            _entries.FirstOrDefault(e =>
                e.Parameter.dtype != DType || e.Parameter.device.ToString() != Device.ToString()
            ) is
            { Name: { } other }
        )
            throw new ArgumentException(
                $"'{other}' and '{_entries[0].Name}' differ in type or device: move the whole model with to(...).",
                nameof(model)
            );
        Pieces = Cut(
            _entries.Select(e => e.Count).ToArray(),
            Device.type == DeviceType.CPU ? PieceOnCpu : long.MaxValue
        );
    }

    /// <summary>Numbers in all.</summary>
    public long Count { get; }

    /// <summary>The whole, in order, in pieces of whole parameters.</summary>
    public IReadOnlyList<FlatPiece> Pieces { get; }

    /// <summary>Their type.</summary>
    public ScalarType DType { get; }

    /// <summary>Where they are.</summary>
    public Device Device { get; }

    /// <summary>All gradients; zero where there is none.</summary>
    public Tensor Gradient()
    {
        using var scope = NewDisposeScope();
        return cat([.. _entries.Select(e => e.Parameter.grad?.reshape(-1) ?? zeros(e.Count, DType, Device))])
            .MoveToOuterDisposeScope();
    }

    /// <summary>A copy of all values.</summary>
    public Tensor Values() => Values(_entries);

    /// <summary>A copy of a piece's values.</summary>
    public Tensor Values(FlatPiece piece) => Values(Entries(piece));

    /// <summary>
    /// Whether all numbers are finite. Their sum is not, where one is not; it takes a third of the time that a test of
    /// each takes, which decides where the sum overflows.
    /// </summary>
    public static bool IsFinite(Tensor flat)
    {
        using var scope = NewDisposeScope();
        return double.IsFinite(flat.sum().ReadDouble()) || flat.ReadIsFinite();
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

    /// <summary>values += scale * update, on a piece.</summary>
    public void Add(Tensor update, double scale, FlatPiece piece)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var alpha = scale.ToScalar();
        foreach (var entry in Entries(piece))
            entry.Parameter.add_(View(update, entry.Start - piece.Start, entry.Count, entry.Shape), alpha);
    }

    /// <summary>values = source.</summary>
    public void Assign(Tensor source)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var entry in _entries)
            entry.Parameter.copy_(View(source, entry.Start, entry.Count, entry.Shape));
    }

    /// <summary>Views of a vector under the parameters' names, each with its parameter's shape.</summary>
    public Dictionary<string, Tensor> Named(Tensor flat) =>
        _entries.ToDictionary(e => e.Name, e => View(flat, e.Start, e.Count, e.Shape));

    /// <summary>The first parameter for whose part of a vector not all numbers are finite.</summary>
    public string? FirstNonFinite(Tensor flat)
    {
        using var scope = NewDisposeScope();
        return _entries.FirstOrDefault(e => !flat.narrow(0, e.Start, e.Count).ReadIsFinite()).Name;
    }

    /// <summary>1 for parameters whose name fulfils a condition, 0 for the others.</summary>
    public Tensor Mask(Func<string, bool> condition)
    {
        using var scope = NewDisposeScope();
        return cat([.. _entries.Select(e => full(e.Count, condition(e.Name) ? 1 : 0, DType, Device))])
            .MoveToOuterDisposeScope();
    }

    private ReadOnlySpan<Entry> Entries(FlatPiece piece) => _entries.AsSpan(piece.First, piece.Parameters);

    private static Tensor Values(ReadOnlySpan<Entry> entries)
    {
        using var scope = NewDisposeScope();
        var values = new List<Tensor>(entries.Length);
        foreach (var entry in entries)
            values.Add(entry.Parameter.detach().reshape(-1));
        return cat(values).MoveToOuterDisposeScope();
    }

    /// <summary>Runs of parameters of about a size together.</summary>
    private static List<FlatPiece> Cut(long[] counts, long size)
    {
        var pieces = new List<FlatPiece>();
        long start = 0;
        for (int first = 0, next; first < counts.Length; first = next)
        {
            long count = 0;
            for (next = first; next < counts.Length && (next == first || count + counts[next] <= size); next++)
                count += counts[next];
            pieces.Add(new(first, next - first, start, count));
            start += count;
        }
        return pieces;
    }

    private static Tensor View(Tensor flat, long start, long count, long[] shape) =>
        flat.narrow(0, start, count).view(shape);

    private readonly record struct Entry(string Name, Parameter Parameter, long[] Shape, long Start, long Count);
}

/// <summary>Some neighbouring parameters of a vector of all.</summary>
/// <param name="First">Index of the first one.</param>
/// <param name="Parameters">How many.</param>
/// <param name="Start">Where their numbers begin.</param>
/// <param name="Count">How many numbers.</param>
internal readonly record struct FlatPiece(int First, int Parameters, long Start, long Count)
{
    /// <summary>Their part of a vector of all, as a view.</summary>
    public Tensor Of(Tensor flat) => flat.narrow(0, Start, Count);
}
