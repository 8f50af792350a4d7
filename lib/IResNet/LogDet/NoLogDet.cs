namespace IResNet;

/// <summary>Zero: for classifiers, whose loss does not contain the log-determinant.</summary>
public sealed class NoLogDet : LogDetEstimator
{
    /// <inheritdoc/>
    public override Tensor Estimate(Linearization g) =>
        zeros(g.BatchSize, dtype: g.Value.dtype, device: g.Value.device);
}
