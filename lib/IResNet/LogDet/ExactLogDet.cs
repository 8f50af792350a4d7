namespace IResNet;

/// <summary>
/// ln |det(I + J)| from the full Jacobian: d Jacobian products per example and a factorisation of order d^3. For small
/// d (2-D flows, tests), and as the judge of every other estimator.
/// </summary>
public sealed class ExactLogDet : LogDetEstimator
{
    /// <inheritdoc/>
    public override Tensor Estimate(Linearization g)
    {
        using var scope = NewDisposeScope();
        var jacobian = g.Jacobian();
        var result = g.Dimensions == 2 ? TwoByTwo(jacobian) : General(jacobian);
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>0.</summary>
    public override double BiasBound(double lipschitz, long dimensions) => 0;

    /// <summary>(1 + J11)(1 + J22) - J12 J21.</summary>
    private static Tensor TwoByTwo(Tensor j)
    {
        Tensor At(int row, int column) => j.select(1, row).select(1, column);
        return ((1 + At(0, 0)) * (1 + At(1, 1)) - At(0, 1) * At(1, 0)).square().log() / 2;
    }

    /// <summary>
    /// Elimination by blocks: ln |det| of the leading one, and of its Schur complement. libtorch factorises no block
    /// that is larger: on AMD processors its pivoting of batches from some 150 dimensions on, on several threads, gives
    /// wrong numbers without an error (libtorch 2.10 with MKL). For Lip(g) below 1 no row exchanges between blocks are
    /// needed, as the symmetric part of I + J is positive definite.
    /// </summary>
    private static Tensor General(Tensor j)
    {
        const long Block = 64;
        var rest = j + eye(j.size(1), dtype: j.dtype, device: j.device);
        Tensor? sum = null;
        while (true)
        {
            long size = Math.Min(Block, rest.size(1)),
                left = rest.size(1) - size;
            var leading = rest.narrow(1, 0, size).narrow(2, 0, size);
            var part = linalg.slogdet(leading).Item2;
            sum = sum is null ? part : sum + part;
            if (left == 0)
                return sum;
            var (above, below) = (rest.narrow(1, 0, size).narrow(2, size, left), rest.narrow(1, size, left));
            rest = below.narrow(2, size, left) - below.narrow(2, 0, size).matmul(linalg.solve(leading, above));
        }
    }
}
