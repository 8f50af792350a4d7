namespace IResNet.Workbook.Diagnosis;

/// <summary>The data sets.</summary>
internal static class DataChecks
{
    /// <summary>Whether a data set is there.</summary>
    /// <param name="name">The name that <c>iresnet data</c> takes.</param>
    /// <param name="source">Where it was fetched from; null where it is not there.</param>
    /// <param name="damage">What is wrong with it; null where nothing is.</param>
    public static Finding Installed(string name, string? source, string? damage) =>
        (source, damage) switch
        {
            (_, not null) => Finding.Warning(name, damage, $"iresnet data {name} --force"),
            (null, _) => Finding.Warning(
                name,
                "not fetched yet",
                $"iresnet data {name}, or run a notebook that needs it"
            ),
            _ => Finding.Ok(name, $"from {source}"),
        };
}
