namespace NotebookEngine.Source;

/// <summary>A directive that is unknown, or that cannot be followed.</summary>
/// <param name="message">What is wrong with it, and what to do.</param>
internal sealed class DirectiveException(string message) : Exception(message)
{
    /// <summary>The cell or file in which the directive stands; null until a catcher that knows has said so.</summary>
    public string? Origin { get; init; }

    /// <summary>Whether it begins a part in a language that does not run here.</summary>
    public bool IsForeignLanguage { get; init; }

    /// <summary>Its line there, from 1.</summary>
    public int Line { get; init; }
}
