namespace IResNet;

/// <summary>
/// ln |det(I + J)| from the full Jacobian: d Jacobian products an example and a factorisation of order d^3. For small d
/// (2-D flows, tests), and as the judge of every other estimator.
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

    /// <summary>(1 + J11)(1 + J22) - J12 J21.</summary>
    private static Tensor TwoByTwo(Tensor j)
    {
        Tensor At(int row, int column) => j.select(1, row).select(1, column);
        return ((1 + At(0, 0)) * (1 + At(1, 1)) - At(0, 1) * At(1, 0)).square().log() / 2;
    }

    /// <summary>
    /// On one thread: from some 500 dimensions on, the factorisation of libtorch 2.10's MKL fails and stalls on two
    /// (seen on an AMD processor).
    /// </summary>
    private static Tensor General(Tensor j)
    {
        int threads = get_num_threads();
        set_num_threads(1);
        try
        {
            return linalg.slogdet(j + eye(j.size(1), dtype: j.dtype, device: j.device)).Item2;
        }
        finally
        {
            set_num_threads(threads);
        }
    }
}
