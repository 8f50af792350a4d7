namespace Extension.Parts;

/// <summary>An evaluator: singular values of the full matrix, with no error but rounding.</summary>
internal sealed class FullJacobian : LogDetEvaluator
{
    public override LogDetEstimate Evaluate(Linearization g)
    {
        var matrix = g.Jacobian().to(float64) + eye(g.Dimensions, dtype: float64);
        return new(linalg.svdvals(matrix).log().sum(1), 0, 0, (int)g.Dimensions);
    }
}
