using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training.Optimizers;

/// <summary>Adam (Kingma and Ba, 2015).</summary>
public sealed record AdamOptions : UpdateRule
{
    internal override FlatOptimizer Create(FlatParameters parameters, TrainingOptions training) =>
        new FlatAdam(parameters, training);
}

/// <summary>Adam (Kingma and Ba, 2015, algorithm 1) as PyTorch has it: betas 0.9 and 0.999, epsilon 1e-8.</summary>
internal sealed class FlatAdam(FlatParameters parameters, TrainingOptions options) : FlatOptimizer(parameters, options)
{
    private const double Beta1 = 0.9,
        Beta2 = 0.999,
        Epsilon = 1e-8;

    private readonly Scalar _beta1 = Beta1,
        _beta2 = Beta2,
        _epsilon = Epsilon,
        _share = 1 - Beta1,
        _squareShare = 1 - Beta2;
    private readonly Tensor _mean = Zeros(parameters),
        _square = Zeros(parameters);

    public override IReadOnlyDictionary<string, Tensor> State =>
        new Dictionary<string, Tensor> { ["exp_avg"] = _mean, ["exp_avg_sq"] = _square };

    protected override (Tensor direction, double scale) Direction(Tensor gradient, FlatPiece piece)
    {
        var mean = piece.Of(_mean).mul_(_beta1).add_(gradient, alpha: _share);
        var square = piece.Of(_square).mul_(_beta2).addcmul_(gradient, gradient, value: _squareShare);
        using var correction = Math.Sqrt(1 - Math.Pow(Beta2, Updates)).ToScalar();
        return (mean / square.sqrt().div_(correction).add_(_epsilon), 1 / (1 - Math.Pow(Beta1, Updates)));
    }
}
