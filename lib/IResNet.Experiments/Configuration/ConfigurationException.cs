namespace IResNet.Experiments.Configuration;

/// <summary>
/// A configuration has an unknown key, a value of the wrong kind or out of range, or does not fit together.
/// </summary>
/// <param name="message">The key, the value, and what would be right.</param>
/// <param name="cause">The error behind it.</param>
public sealed class ConfigurationException(string message, Exception? cause = null) : Exception(message, cause);
