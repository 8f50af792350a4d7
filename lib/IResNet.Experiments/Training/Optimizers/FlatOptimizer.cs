using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training.Optimizers;

/// <summary>An update rule on all parameters as one vector. Its whole state is <see cref="Updates"/> and some vectors of the parameters' length.</summary>
internal abstract class FlatOptimizer : IDisposable
{
    private readonly FlatParameters _parameters;
    private readonly double _weightDecay;
    private readonly Tensor? _decayed;

    protected FlatOptimizer(FlatParameters parameters, TrainingOptions options)
    {
        (_parameters, _weightDecay) = (parameters, options.WeightDecay);
        if (options.WeightDecay > 0 && options.Decayed == DecayedParameters.Weights)
            _decayed = parameters.Mask(name => name == "weight" || name.EndsWith(".weight", StringComparison.Ordinal)).DetachFromDisposeScope();
    }

    /// <summary>Updates made so far.</summary>
    public long Updates { get; set; }

    /// <summary>The state vectors, by their names in PyTorch.</summary>
    public abstract IReadOnlyDictionary<string, Tensor> State { get; }

    public static FlatOptimizer Create(FlatParameters parameters, TrainingOptions options) => options.Optimizer switch
    {
        OptimizerKind.Adamax => new FlatAdamax(parameters, options),
        OptimizerKind.Adam => new FlatAdam(parameters, options),
        OptimizerKind.Sgd => new FlatSgd(parameters, options),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Optimizer, "Unknown optimiser."),
    };

    /// <summary>One update from a gradient.</summary>
    public void Step(Tensor gradient, double rate)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        if (_weightDecay > 0)
        {
            var values = _parameters.Values();
            gradient = gradient.add(_decayed is null ? values : values * _decayed, alpha: _weightDecay);
        }
        Updates++;
        var (direction, scale) = Direction(gradient);
        _parameters.Add(direction, -rate * scale);
    }

    /// <summary>What to subtract, times the rate.</summary>
    protected abstract (Tensor direction, double scale) Direction(Tensor gradient);

    /// <summary>A state vector of zeros.</summary>
    protected static Tensor Zeros(FlatParameters parameters) => zeros(parameters.Count, parameters.DType, parameters.Device).DetachFromDisposeScope();

    public void Dispose()
    {
        _decayed?.Dispose();
        foreach (var tensor in State.Values) tensor.Dispose();
    }
}
