namespace IResNet.Experiments.Configuration;

/// <summary>How samples are drawn.</summary>
/// <param name="Count">How many.</param>
/// <param name="Temperature">Scales the prior's standard deviation.</param>
/// <param name="Seed">The same seed gives the same samples.</param>
public sealed record SampleSettings(int Count, double Temperature = 1, ulong Seed = 1);
