using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>Densities on the plane, a model's and those of the data, as numbers and pictures (Figure 2).</summary>
public static class PlanarDensity
{
    /// <summary>p(x) of a frozen flow at the centres of a grid's cells.</summary>
    /// <param name="flow">A flow on the plane.</param>
    /// <param name="cells">Cells per side.</param>
    /// <param name="reach">The grid is the square from -reach to reach.</param>
    /// <returns>Shape (cells, cells), rows upwards: the first row is the lowest.</returns>
    public static Tensor OnGrid(Flow flow, int cells, double reach)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var type = flow.Type;
        var axis = (arange(cells, dtype: type, device: flow.Device) + 0.5) * (2 * reach / cells) - reach;
        var points = stack([axis.repeat(cells), axis.repeat_interleave(cells)], dim: 1);
        return flow.forward(points).exp().view(cells, cells).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Points as a picture of the square from -4 to 4: square roots of counts, relative to the largest.
    /// </summary>
    /// <param name="points">Shape (n, 2).</param>
    /// <returns>Shape (128, 128), the first row on top.</returns>
    public static Tensor Picture(Tensor points)
    {
        using var scope = NewDisposeScope();
        return ToyTask.Histogram(points).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The share of the probability that lies on a grid: 1 if the grid holds all of it and the log-determinant is
    /// right.
    /// </summary>
    /// <param name="density">As <see cref="OnGrid"/> gives it.</param>
    /// <param name="reach">The grid's.</param>
    public static double Mass(Tensor density, double reach) => density.mean().ReadDouble() * 4 * reach * reach;

    /// <summary>
    /// The entropy of a density in nats, which no model can beat on average; null where no formula is known. The
    /// checkerboard is uniform on an area of 32; the eight Gaussians lie six standard deviations apart and hardly
    /// overlap.
    /// </summary>
    public static double? Entropy(string density) =>
        density switch
        {
            "checkerboard" => Math.Log(32),
            "8gaussians" => Math.Log(8) + 1 + Math.Log(2 * Math.PI * 0.25 / (1.414 * 1.414)),
            _ => null,
        };
}
