namespace IResNet.Tests;

/// <summary>
/// A branch that is linear near the origin, g(x) = a x + const, |a| below 1: one for which every bound is an equality.
/// </summary>
internal static class LinearBranch
{
    /// <summary>In float64. Large hidden biases keep the ELUs on their straight half.</summary>
    public static DenseBranch Create(double a, int dimensions)
    {
        var branch = new DenseBranch(dimensions, [dimensions], new SpectralNormOptions { Coefficient = 0.999 });
        branch.to(ScalarType.Float64);
        using (no_grad())
        {
            branch.Layers[0].Weight.copy_(Math.Sqrt(Math.Abs(a)) * eye(dimensions, dtype: ScalarType.Float64));
            branch.Layers[0].Bias.fill_(1000);
            branch
                .Layers[1]
                .Weight.copy_(
                    Math.Sign(a) * Math.Sqrt(Math.Abs(a)) * eye(dimensions, dtype: ScalarType.Float64)
                );
            branch.Layers[1].Bias.fill_(-1000 * a / Math.Sqrt(Math.Abs(a)));
        }
        branch.PowerIteration();
        branch.eval();
        return branch;
    }

    /// <summary>g(x) = J x + const near the origin for any square matrix J in float64, without normalization.</summary>
    public static DenseBranch Create(Tensor j)
    {
        int dimensions = (int)j.size(0);
        var branch = new DenseBranch(dimensions, [dimensions], new SpectralNormOptions { Enabled = false });
        branch.to(ScalarType.Float64);
        using (no_grad())
        {
            branch.Layers[0].Weight.copy_(eye(dimensions, dtype: ScalarType.Float64));
            branch.Layers[0].Bias.fill_(1000);
            branch.Layers[1].Weight.copy_(j);
            branch.Layers[1].Bias.copy_(-1000 * j.sum(1));
        }
        branch.eval();
        return branch;
    }
}
