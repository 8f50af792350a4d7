namespace IResNet;

/// <summary>
/// Other estimators in residual blocks than their own, for a call: the model stays as it is, so that other threads see
/// nothing of it, and bijections that are composed of others need not pass it on.
/// </summary>
internal sealed class EstimatorChoice : IDisposable
{
    private static readonly AsyncLocal<Func<LogDetEstimator, LogDetEstimator>?> Current = new();
    private readonly Func<LogDetEstimator, LogDetEstimator>? _before = Current.Value;

    /// <summary>Until it is disposed, in what this thread calls.</summary>
    /// <param name="choose">From a block's own estimator to the one to use; null for its own.</param>
    public EstimatorChoice(Func<LogDetEstimator, LogDetEstimator>? choose) => Current.Value = choose;

    /// <summary>The estimator to use instead of a block's own one, or that one.</summary>
    public static LogDetEstimator Instead(LogDetEstimator own) => Current.Value?.Invoke(own) ?? own;

    /// <summary>Back to the choice before.</summary>
    public void Dispose() => Current.Value = _before;
}
