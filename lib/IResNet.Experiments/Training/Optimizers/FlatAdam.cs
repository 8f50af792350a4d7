using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training.Optimizers;

/// <summary>Adam (Kingma and Ba, 2015).</summary>
public sealed record AdamOptions : UpdateRule
{
    /// <summary>Decay of the mean of gradients.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the mean of their squares. Residual Flows take 0.99 for images.</summary>
    public double Beta2 { get; init; } = 0.999;

    internal override FlatOptimizer Create(FlatParameters parameters, TrainingOptions training) =>
        new FlatAdam(parameters, training, this);

    internal override void Validate()
    {
        TrainingOptions.Demand(Beta1 is >= 0 and < 1, nameof(Beta1), Beta1, "0 or more and below 1");
        TrainingOptions.Demand(Beta2 is >= 0 and < 1, nameof(Beta2), Beta2, "0 or more and below 1");
    }
}

/// <summary>Adam (Kingma and Ba, 2015, algorithm 1) as PyTorch has it: epsilon 1e-8.</summary>
internal sealed class FlatAdam(FlatParameters parameters, TrainingOptions options, AdamOptions adam)
    : FlatOptimizer(parameters, options)
{
    private const double Epsilon = 1e-8;

    private readonly Scalar _beta1 = adam.Beta1,
        _beta2 = adam.Beta2,
        _epsilon = Epsilon,
        _share = 1 - adam.Beta1,
        _squareShare = 1 - adam.Beta2;
    private readonly Tensor _mean = Zeros(parameters),
        _square = Zeros(parameters);

    public override IReadOnlyDictionary<string, Tensor> State =>
        new Dictionary<string, Tensor> { ["exp_avg"] = _mean, ["exp_avg_sq"] = _square };

    protected override (Tensor direction, double scale) Direction(Tensor gradient, FlatPiece piece)
    {
        var mean = piece.Of(_mean).mul_(_beta1).add_(gradient, alpha: _share);
        var square = piece.Of(_square).mul_(_beta2).addcmul_(gradient, gradient, value: _squareShare);
        using var correction = Math.Sqrt(1 - Math.Pow(adam.Beta2, Updates)).ToScalar();
        return (mean / square.sqrt().div_(correction).add_(_epsilon), 1 / (1 - Math.Pow(adam.Beta1, Updates)));
    }
}
