using Spectre.Console;

namespace IResNet.Workbook.Diagnosis;

/// <summary>Writes findings: a table on a terminal, plain lines elsewhere.</summary>
internal static class Report
{
    /// <summary>Writes all findings and a last line that counts them.</summary>
    /// <returns>The exit code: 1 where there is a fault, else 0.</returns>
    public static int Write(IReadOnlyList<Finding> findings, IAnsiConsole console)
    {
        if (console.Profile.Capabilities.Interactive)
            console.Write(TableOf(findings));
        else
            foreach (var finding in findings)
                console.Profile.Out.Writer.WriteLine(Line(finding));

        int faults = findings.Count(finding => finding.Verdict == Verdict.Fault),
            warnings = findings.Count(finding => finding.Verdict == Verdict.Warning);
        console.Profile.Out.Writer.WriteLine(
            $"{findings.Count} checks: {Count(faults, "fault")}, {Count(warnings, "warning")}."
        );
        return faults > 0 ? 1 : 0;
    }

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    private static string Line(Finding finding)
    {
        string line = $"{Word(finding.Verdict),-8} {finding.Check,-14} {finding.Message}";
        return finding.Remedy is null ? line : $"{line} -> {finding.Remedy}";
    }

    private static Table TableOf(IReadOnlyList<Finding> findings)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "check", "found", "what to do");
        foreach (var finding in findings)
        {
            table.AddRow(
                new Text(Word(finding.Verdict), new Style(ColorOf(finding.Verdict))),
                new Text(finding.Check),
                new Text(finding.Message),
                new Text(finding.Remedy ?? "")
            );
        }
        return table;
    }

    private static string Word(Verdict verdict) => verdict.ToString().ToLowerInvariant();

    private static Color ColorOf(Verdict verdict) =>
        verdict switch
        {
            Verdict.Ok => Color.Green,
            Verdict.Warning => Color.Yellow,
            _ => Color.Red,
        };
}
