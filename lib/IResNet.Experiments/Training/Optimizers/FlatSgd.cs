using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training.Optimizers;

/// <summary>Gradient descent with momentum: the paper's choice for classifiers.</summary>
public sealed record SgdOptions : UpdateRule
{
    /// <summary>The share of the buffer that stays at each update, 0 to below 1.</summary>
    public double Momentum { get; init; } = 0.9;

    internal override FlatOptimizer Create(FlatParameters parameters, TrainingOptions training) =>
        new FlatSgd(parameters, training, this);

    internal override void Validate() =>
        TrainingOptions.Demand(Momentum is >= 0 and < 1, nameof(Momentum), Momentum, "0 to below 1");
}

/// <summary>
/// Gradient descent with momentum as PyTorch has it: the buffer gathers gradients, without dampening.
/// </summary>
internal sealed class FlatSgd(FlatParameters parameters, TrainingOptions training, SgdOptions options)
    : FlatOptimizer(parameters, training)
{
    private readonly Tensor _buffer = Zeros(parameters);
    private readonly Scalar _momentum = options.Momentum;

    public override IReadOnlyDictionary<string, Tensor> State =>
        new Dictionary<string, Tensor> { ["momentum_buffer"] = _buffer };

    protected override (Tensor direction, double scale) Direction(Tensor gradient, FlatPiece piece) =>
        (piece.Of(_buffer).mul_(_momentum).add_(gradient), 1);
}
