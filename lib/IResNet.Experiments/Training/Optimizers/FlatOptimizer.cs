using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training.Optimizers;

/// <summary>
/// An update rule on all parameters as one vector. Its whole state is <see cref="Updates"/> and some vectors of the
/// parameters' length.
/// </summary>
internal abstract class FlatOptimizer : IDisposable
{
    // Of updates, between two collections.
    private const int CollectEvery = 4;
    private readonly FlatParameters _parameters;
    private readonly double _weightDecay;
    private readonly Tensor? _decayed;

    protected FlatOptimizer(FlatParameters parameters, TrainingOptions options)
    {
        (_parameters, _weightDecay) = (parameters, options.WeightDecay);
        if (options.WeightDecay > 0 && options.Decayed == DecayedParameters.Weights)
            _decayed = parameters
                .Mask(name => name == "weight" || name.EndsWith(".weight", StringComparison.Ordinal))
                .DetachFromDisposeScope();
    }

    /// <summary>Updates made so far.</summary>
    public long Updates { get; set; }

    /// <summary>The state vectors, by their names in PyTorch.</summary>
    public abstract IReadOnlyDictionary<string, Tensor> State { get; }

    /// <summary>One update from a gradient, piece by piece.</summary>
    public void Step(Tensor gradient, double rate)
    {
        using var noGrad = no_grad();
        using var decay = _weightDecay.ToScalar();
        Updates++;
        foreach (var piece in _parameters.Pieces)
        {
            using var scope = NewDisposeScope();
            var part = piece.Of(gradient);
            if (_weightDecay > 0)
            {
                var values = _parameters.Values(piece);
                part = part.add(_decayed is null ? values : values * piece.Of(_decayed), alpha: decay);
            }
            var (direction, scale) = Direction(part, piece);
            _parameters.Add(direction, -rate * scale, piece);
        }
        // TorchSharp frees some small native objects in finalizers only. Scattered over the C library's heap they keep
        // freed megabytes apart, and the process grows by half of what it needs until the collector happens to run.
        // Collecting the youngest objects takes a fraction of a millisecond.
        if (Updates % CollectEvery == 0)
            GC.Collect(0);
    }

    /// <summary>
    /// What to subtract from a piece, times the rate. May change the gradient's piece of the state only.
    /// </summary>
    protected abstract (Tensor direction, double scale) Direction(Tensor gradient, FlatPiece piece);

    /// <summary>A state vector of zeros.</summary>
    protected static Tensor Zeros(FlatParameters parameters) =>
        zeros(parameters.Count, parameters.DType, parameters.Device).DetachFromDisposeScope();

    public void Dispose()
    {
        _decayed?.Dispose();
        foreach (var tensor in State.Values)
            tensor.Dispose();
    }
}
