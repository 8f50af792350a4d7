namespace IResNet.Workbook.Diagnosis;

/// <summary>How a check went.</summary>
internal enum Verdict
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Something is missing or slow; the rest works.</summary>
    Warning,

    /// <summary>The workbook does not work until it is mended.</summary>
    Fault,
}

/// <summary>The outcome of one check.</summary>
/// <param name="Check">What was looked at.</param>
/// <param name="Verdict">How it went.</param>
/// <param name="Message">What was found, in one line.</param>
/// <param name="Remedy">What to do about it; null where nothing is to be done.</param>
internal sealed record Finding(string Check, Verdict Verdict, string Message, string? Remedy = null)
{
    public static Finding Ok(string check, string message) => new(check, Verdict.Ok, message);

    public static Finding Warning(string check, string message, string remedy) =>
        new(check, Verdict.Warning, message, remedy);

    public static Finding Fault(string check, string message, string remedy) =>
        new(check, Verdict.Fault, message, remedy);
}
