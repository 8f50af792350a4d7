namespace IResNet.Experiments.Configuration;

/// <summary>
/// Keys under which earlier versions (up to commit ed19aac) wrote values, and command lines and sweeps may still give
/// them.
/// </summary>
internal static class ConfigurationKeys
{
    private static readonly Dictionary<string, string> Renamed = new()
    {
        ["data.dequantise"] = "data.preprocessing.dequantise",
        ["data.maxShift"] = "data.preprocessing.maxShift",
        ["data.flip"] = "data.preprocessing.flip",
        ["data.pad"] = "data.preprocessing.pad",
        ["data.copies"] = "data.preprocessing.copies",
        ["data.mean"] = "data.preprocessing.mean",
        ["data.std"] = "data.preprocessing.std",
        ["model.coefficient"] = "model.spectralNorm.coefficient",
        ["model.powerIterations"] = "model.spectralNorm.powerIterations",
        ["model.divisorMargin"] = "model.spectralNorm.divisorMargin",
        ["model.normalized"] = "model.spectralNorm.enabled",
        ["training.momentum"] = "training.optimizer.momentum",
        ["training.terms"] = "training.estimator.terms",
        ["training.probes"] = "training.estimator.probes",
    };

    /// <summary>Whether a key is an earlier version's.</summary>
    public static bool IsOld(string key) => Renamed.ContainsKey(key);

    /// <summary>The present name of a key.</summary>
    public static string Present(string key) => Renamed.GetValueOrDefault(key, key);
}
