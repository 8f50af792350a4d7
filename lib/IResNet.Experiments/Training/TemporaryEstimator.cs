namespace IResNet.Experiments.Training;

/// <summary>Gives a flow's blocks another estimator until it is disposed.</summary>
internal sealed class TemporaryEstimator : IDisposable
{
    private readonly (ResidualBlock Block, LogDetEstimator Estimator)[] _before;

    public TemporaryEstimator(Flow flow, LogDetEstimator estimator)
    {
        _before = [.. flow.ResidualBlocks.Select(block => (block, block.Estimator))];
        flow.WithEstimator(estimator);
    }

    public void Dispose()
    {
        foreach (var (block, estimator) in _before)
            block.Estimator = estimator;
    }
}
