namespace IResNet.Experiments.Configuration;

/// <summary>How samples are drawn.</summary>
/// <param name="Count">How many.</param>
/// <param name="Temperature">Scales the prior's standard deviation.</param>
/// <param name="Seed">The same seed gives the same samples.</param>
/// <param name="Class">Of a model that knows classes: samples of this one alone; null for samples of all.</param>
public sealed record SampleSettings(int Count, double Temperature = 1, ulong Seed = 1, int? Class = null);
