using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>
/// One residual block inverted by itself, from its exact output: which blocks of a network invert, and what that has to
/// do with norms (Theorem 1).
/// </summary>
/// <param name="Block">The block, from 1.</param>
/// <param name="LipschitzBound">An upper bound of Lip(g), certified.</param>
/// <param name="JacobianNorm">
/// The largest norm of J_g over the examples, by power iteration: a lower bound of Lip(g). Above 1, the iteration
/// stretches some directions at the very point that it should find.
/// </param>
/// <param name="Error">The largest error of an element after the iterations; infinite if an iterate left the range of
/// numbers.</param>
public sealed record BlockInverse(int Block, double LipschitzBound, double JacobianNorm, double Error)
{
    private const int PowerIterations = 30;
    private const double NormFloor = 1e-30; // smaller numbers may be flushed to 0

    /// <summary>Every block of a network, each at what reaches it from the examples.</summary>
    /// <param name="flow">The network, frozen.</param>
    /// <param name="x">Examples.</param>
    /// <param name="iterations">Fixed-point iterations.</param>
    public static IReadOnlyList<BlockInverse> Of(Flow flow, Tensor x, int iterations = 100)
    {
        var result = new List<BlockInverse>();
        BlockLinearizations.Visit(flow, x, g =>
            result.Add(
                new(
                    result.Count + 1,
                    g.LipschitzBound,
                    Norm(g),
                    InverseError(flow.ResidualBlocks[result.Count], g, iterations)
                )
            )
        );
        return result;
    }

    /// <summary>Power iteration on the transposed J times J, for all examples at once; the largest norm.</summary>
    public static double Norm(Linearization g)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator(1);
        var v = Draws.Normal([.. g.Shape], g.Value.dtype, g.Value.device, generator);
        var norm = zeros(g.BatchSize, g.Value.dtype, g.Value.device);
        for (int i = 0; i < PowerIterations; i++)
        {
            v = v / v.flatten(1).norm(1).clamp_min(NormFloor).view([-1, .. g.Shape.Skip(1).Select(_ => 1L)]);
            var image = g.Jvp(v);
            norm = image.flatten(1).norm(1);
            v = g.Vjp(image);
        }
        return norm.ReadLargest();
    }

    private static double InverseError(ResidualBlock block, Linearization g, int iterations)
    {
        try
        {
            return (block.Inverse(g.Point + g.Value, FixedPoint.Iterations(iterations)).Value - g.Point).ReadLargest();
        }
        catch (NonConvergenceException)
        {
            return double.PositiveInfinity;
        }
    }
}
