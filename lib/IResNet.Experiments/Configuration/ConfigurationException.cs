namespace IResNet.Experiments.Configuration;

/// <summary>
/// A configuration has an unknown key, a value of the wrong kind or out of range, or does not fit together.
/// </summary>
/// <param name="message">The key, the value, and what would be right.</param>
/// <param name="cause">The error behind it.</param>
public sealed class ConfigurationException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>
    /// From a method that refused an argument: its sentences without the argument's name, which .NET puts between them
    /// and which says nothing to who wrote the configuration.
    /// </summary>
    /// <param name="fault">The refusal.</param>
    /// <param name="context">What stands before the sentences.</param>
    public static ConfigurationException Of(ArgumentException fault, string context = "")
    {
        string sentences = fault
            .Message.Replace($" (Parameter '{fault.ParamName}')", "", StringComparison.Ordinal)
            .Replace(Environment.NewLine, " ", StringComparison.Ordinal);
        return new(context + sentences, fault);
    }
}
