namespace IResNet;

/// <summary>
/// Stands in the place of the blocks' estimators while an evaluator looks at each of them, and adds up what it finds.
/// </summary>
/// <param name="evaluator">Evaluates each block.</param>
/// <param name="examples">Examples of the batch.</param>
internal sealed class EvaluatedBlocks(LogDetEvaluator evaluator, long examples) : LogDetEstimator
{
    private readonly double[] _sums = new double[examples];
    private double _variance,
        _bias;
    private int _products;

    /// <summary>Zero, as the block's value is kept here.</summary>
    public override Tensor Estimate(Linearization g)
    {
        using (NewDisposeScope())
        {
            var estimate = evaluator.Evaluate(g);
            foreach (var (i, value) in estimate.Value.ReadDoubles().Index())
                _sums[i] += value;
            _variance += estimate.StandardError * estimate.StandardError;
            _bias += estimate.BiasBound;
            _products += estimate.Products;
        }
        return new NoLogDet().Estimate(g);
    }

    /// <summary>All blocks together, and the other bijections' log-determinants.</summary>
    public LogDetEstimate Total(Tensor others) =>
        new(
            others.to(ScalarType.Float64) + tensor(_sums, device: others.device),
            Math.Sqrt(_variance),
            _bias,
            _products
        );
}
