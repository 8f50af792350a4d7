namespace IResNet;

/// <summary>A backend's answer to a request: that it computes the result, or why it does not.</summary>
/// <typeparam name="T">The result.</typeparam>
public readonly struct Answer<T>
{
    private readonly Func<T>? _compute;

    private Answer(Func<T>? compute, string? whyNot) => (_compute, WhyNot) = (compute, whyNot);

    /// <summary>Why the backend does not serve; null if it does.</summary>
    public string? WhyNot { get; }

    /// <summary>Whether the backend serves.</summary>
    public bool IsServed => _compute is not null;

    /// <summary>It serves.</summary>
    /// <param name="compute">Computes the result; called at most once, in the dispose scope of whoever asked.</param>
    public static Answer<T> Serve(Func<T> compute) => new(compute, null);

    /// <summary>It does not.</summary>
    /// <param name="whyNot">What would have to be different: a part of a sentence, such as "a batch of 3 examples
    /// leaves
    /// most lanes empty".</param>
    public static Answer<T> Refuse(string whyNot) => new(null, whyNot);

    /// <summary>The result.</summary>
    /// <exception cref="InvalidOperationException">The backend refused.</exception>
    public T Compute() => _compute is null ? throw new InvalidOperationException($"Refused: {WhyNot}.") : _compute();
}
