namespace IResNet;

/// <summary>
/// Other estimators in residual blocks than their own, for a call: the model stays as it is, so that other threads see
/// nothing of it, and bijections that are composed of others need not pass it on.
/// </summary>
internal sealed class EstimatorChoice : IDisposable
{
    private static readonly AsyncLocal<EstimatorChoice?> Current = new();
    private readonly EstimatorChoice? _before = Current.Value;
    private readonly Func<LogDetEstimator, LogDetEstimator>? _choose;
    private readonly Dictionary<object, object> _shared = [];

    /// <summary>Until it is disposed, in what this thread calls.</summary>
    /// <param name="choose">From a block's own estimator to the one to use; null for its own.</param>
    public EstimatorChoice(Func<LogDetEstimator, LogDetEstimator>? choose) => (_choose, Current.Value) = (choose, this);

    /// <summary>The estimator to use instead of a block's own one, or that one.</summary>
    public static LogDetEstimator Instead(LogDetEstimator own) => Current.Value?._choose?.Invoke(own) ?? own;

    /// <summary>What all blocks of a pass through a flow share: made by the first that asks. Outside a pass each makes
    /// its own.</summary>
    /// <param name="key">What is shared.</param>
    /// <param name="make">Makes it.</param>
    public static T Shared<T>(object key, Func<T> make)
        where T : notnull
    {
        if (Current.Value is not { } pass)
            return make();
        if (!pass._shared.TryGetValue(key, out object? known))
            pass._shared[key] = known = make();
        return (T)known;
    }

    /// <summary>Back to the choice before.</summary>
    public void Dispose() => Current.Value = _before;
}
