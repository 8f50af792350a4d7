using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Runs;

/// <summary>
/// Images between two images: the straight line between their latents, sent backwards through the network. The ends are
/// the images themselves, since the network inverts; what lies between shows what the latent space has learned.
/// </summary>
public static class LatentInterpolation
{
    /// <summary>Interpolates between pairs of images.</summary>
    /// <param name="flow">A frozen model.</param>
    /// <param name="from">Images, (pairs, channels, height, width).</param>
    /// <param name="to">As many images.</param>
    /// <param name="steps">Images per pair, both ends included, at least 2.</param>
    /// <param name="tolerance">Residual of each block's inverse.</param>
    /// <returns>Shape (pairs · steps, channels, height, width), pair after pair.</returns>
    /// <exception cref="ArgumentException">The shapes differ, or there are fewer than 2 steps.</exception>
    /// <exception cref="NonConvergenceException">An inverse did not converge.</exception>
    public static Tensor Between(Flow flow, Tensor from, Tensor to, int steps, double tolerance = 1e-6)
    {
        if (!from.shape.SequenceEqual(to.shape))
            throw new ArgumentException(
                $"Images of shapes ({string.Join(", ", from.shape)}) and ({string.Join(", ", to.shape)}) make no "
                    + "pairs.",
                nameof(to)
            );
        if (steps < 2)
            throw new ArgumentException($"{steps} steps: two ends are the least.", nameof(steps));
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Tensor start = flow.LatentsOf(from).unsqueeze(1),
            end = flow.LatentsOf(to).unsqueeze(1);
        var t = linspace(0, 1, steps, dtype: start.dtype, device: start.device)
            .view([1, steps, .. start.shape.Skip(2).Select(_ => 1L)]);
        return flow
            .Transform.Inverse((start + t * (end - start)).flatten(0, 1), tolerance: tolerance)
            .Value.MoveToOuterDisposeScope();
    }
}
