using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training.Optimizers;

/// <summary>Adamax (Kingma and Ba, 2015, section 7.1) as PyTorch has it: betas 0.9 and 0.999, epsilon 1e-8 inside the maximum.</summary>
internal sealed class FlatAdamax(FlatParameters parameters, TrainingOptions options) : FlatOptimizer(parameters, options)
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

    private readonly Tensor _mean = Zeros(parameters), _largest = Zeros(parameters);

    public override IReadOnlyDictionary<string, Tensor> State => new Dictionary<string, Tensor> { ["exp_avg"] = _mean, ["exp_inf"] = _largest };

    protected override (Tensor direction, double scale) Direction(Tensor gradient)
    {
        _mean.mul_(Beta1).add_(gradient, alpha: 1 - Beta1);
        _largest.copy_(maximum(_largest * Beta2, gradient.abs().add_(Epsilon)));
        return (_mean / _largest, 1 / (1 - Math.Pow(Beta1, Updates)));
    }
}
