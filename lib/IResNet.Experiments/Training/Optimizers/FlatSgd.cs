using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training.Optimizers;

/// <summary>
/// Gradient descent with momentum as PyTorch has it: the buffer gathers gradients, without dampening.
/// </summary>
internal sealed class FlatSgd(FlatParameters parameters, TrainingOptions options) : FlatOptimizer(parameters, options)
{
    private readonly Tensor _buffer = Zeros(parameters);
    private readonly Scalar _momentum = options.Momentum;

    public override IReadOnlyDictionary<string, Tensor> State =>
        new Dictionary<string, Tensor> { ["momentum_buffer"] = _buffer };

    protected override (Tensor direction, double scale) Direction(Tensor gradient, FlatPiece piece) =>
        (piece.Of(_buffer).mul_(_momentum).add_(gradient), 1);
}
