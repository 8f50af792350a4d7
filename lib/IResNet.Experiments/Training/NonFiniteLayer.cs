using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>Finds the layer at which numbers stop being finite, for a message that helps.</summary>
internal static class NonFiniteLayer
{
    /// <summary>
    /// The first layer whose output or log-determinant is not finite: "ResidualBlock transform.bijections.3"; null if
    /// there is none, or no flow.
    /// </summary>
    public static string? Find(Flow? flow, Tensor x)
    {
        if (flow is null)
            return null;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return Find(flow.Transform, "transform", x).layer;
    }

    private static (string? layer, Tensor y) Find(Bijection bijection, string path, Tensor x)
    {
        switch (bijection)
        {
            case Sequence sequence:
                foreach (var (i, part) in sequence.Bijections.Index())
                {
                    (string? layer, x) = Find(part, $"{path}.bijections.{i}", x);
                    if (layer is not null)
                        return (layer, x);
                }
                return (null, x);
            case FactorOut factorOut:
                long remaining = x.size(1) - x.size(1) / 2;
                return Find(factorOut.Rest, $"{path}.rest", x.narrow(1, x.size(1) - remaining, remaining));
            default:
                var (y, logDet) = bijection.forward(x);
                bool finite = y.ReadIsFinite() && logDet.ReadIsFinite();
                return (finite ? null : $"{bijection.GetType().Name} {path}", y);
        }
    }
}
