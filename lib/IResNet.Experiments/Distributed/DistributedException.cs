namespace IResNet.Experiments.Distributed;

/// <summary>Processes that should train together cannot.</summary>
/// <param name="message">Why, and what to do.</param>
public sealed class DistributedException(string message) : Exception(message);
