namespace IResNet;

/// <summary>
/// Finds ln det(I + J_g) of a residual branch to an error that it states: for evaluation. Nothing can be trained with
/// it; that is what a <see cref="LogDetEstimator"/> is for.
/// </summary>
public abstract class LogDetEvaluator
{
    /// <summary>The value for each example with its errors, without gradients.</summary>
    /// <param name="g">The branch at a batch of points.</param>
    public abstract LogDetEstimate Evaluate(Linearization g);
}
