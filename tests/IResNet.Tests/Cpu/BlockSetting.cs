namespace IResNet.Tests.Cpu;

/// <summary>One block with fixed weights, input, probe and cotangents, computed by a kernel and by torch.</summary>
internal sealed class BlockSetting
{
    private readonly SequentialBranch _branch;
    private readonly Func<Tensor, LogDetEstimator> _estimator;
    private readonly Func<LogDetEstimator, Tensor, (Tensor, Tensor?)> _kernel;
    private readonly Tensor _y,
        _logDet;

    /// <summary>Draws what is fixed from torch's generator.</summary>
    /// <param name="branch">With its initial weights.</param>
    /// <param name="shape">Of the input.</param>
    /// <param name="estimator">From a probe to what estimates the log-determinant with it.</param>
    /// <param name="kernel">From estimator and input to output and log-determinant.</param>
    public BlockSetting(
        SequentialBranch branch,
        long[] shape,
        Func<Tensor, LogDetEstimator> estimator,
        Func<LogDetEstimator, Tensor, (Tensor, Tensor?)> kernel
    )
    {
        (_branch, _estimator, _kernel) = (branch, estimator, kernel);
        // Initial weights are far below the bound: enlarged, the normalization's own gradient takes part.
        using (no_grad())
            foreach (var layer in branch.Layers)
                layer.Weight.mul_(4);
        branch.PowerIteration();
        (X, Probe, _y, _logDet) = (randn(shape), randn(shape), randn(shape), randn(shape[0]));
    }

    public Tensor X { get; }

    public Tensor Probe { get; }

    public SequentialBranch Branch => _branch;

    /// <summary>The kernel's values and gradients, in float32.</summary>
    public Dictionary<string, Tensor> Fast(Tensor probe) =>
        Differentiate(ScalarType.Float32, x =>
        {
            var (y, logDet) = Kernel(x, probe);
            return (y, logDet ?? zeros_like(_logDet));
        });

    /// <summary>Torch's, in float64.</summary>
    public Dictionary<string, Tensor> Reference() =>
        Differentiate(ScalarType.Float64, x =>
        {
            var g = _branch.Linearize(x);
            return (x + g.Value, _estimator(Probe).Estimate(g));
        });

    /// <summary>Output and log-determinant, which is null where there is no estimate.</summary>
    public (Tensor, Tensor?) Kernel(Tensor x, Tensor probe) => _kernel(_estimator(probe), x);

    private Dictionary<string, Tensor> Differentiate(ScalarType dtype, Func<Tensor, (Tensor, Tensor)> block) =>
        BlockGradients.Of(_branch, dtype, X, (_y, _logDet), block);
}
