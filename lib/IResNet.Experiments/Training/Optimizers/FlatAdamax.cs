using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training.Optimizers;

/// <summary>Adam in the infinity norm (Kingma and Ba, 2015): the paper's choice for densities.</summary>
public sealed record AdamaxOptions : UpdateRule
{
    internal override FlatOptimizer Create(FlatParameters parameters, TrainingOptions training) =>
        new FlatAdamax(parameters, training);
}

/// <summary>
/// Adamax (Kingma and Ba, 2015, section 7.1) as PyTorch has it: betas 0.9 and 0.999, epsilon 1e-8 inside the maximum.
/// </summary>
internal sealed class FlatAdamax(FlatParameters parameters, TrainingOptions options)
    : FlatOptimizer(parameters, options)
{
    private const double Beta1 = 0.9,
        Beta2 = 0.999,
        Epsilon = 1e-8;

    private readonly Scalar _beta1 = Beta1,
        _beta2 = Beta2,
        _epsilon = Epsilon,
        _share = 1 - Beta1;
    private readonly Tensor _mean = Zeros(parameters),
        _largest = Zeros(parameters);

    public override IReadOnlyDictionary<string, Tensor> State =>
        new Dictionary<string, Tensor> { ["exp_avg"] = _mean, ["exp_inf"] = _largest };

    protected override (Tensor direction, double scale) Direction(Tensor gradient, FlatPiece piece)
    {
        var (mean, largest) = (piece.Of(_mean), piece.Of(_largest));
        mean.mul_(_beta1).add_(gradient, alpha: _share);
        largest.copy_(maximum(largest.mul_(_beta2), gradient.abs().add_(_epsilon)));
        return (mean / largest, 1 / (1 - Math.Pow(Beta1, Updates)));
    }
}
