using System.Globalization;
using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Running;

namespace IResNet.Workbook.Html;

/// <summary>How a run went, in a few words.</summary>
internal static class StatusLine
{
    /// <summary>
    /// Status, time, parameters and date of a run. Where none is known: nothing for a notebook that has been executed.
    /// </summary>
    public static string ToHtml(RunRecord? record, Notebook notebook)
    {
        if (record is null)
            return notebook.CodeCells.Any(cell => cell.ExecutionCount is not null)
                ? ""
                : "<span class=\"status\">not run</span>";
        string status = record.Status.ToString().ToLowerInvariant();
        string parameters = string.Join(
            ", ",
            record.Parameters.Select(parameter => $"{parameter.Key} = {parameter.Value}")
        );
        return "<span class=\"status "
            + $"{status}\">{status}</span><span>{Durations.Text(TimeSpan.FromSeconds(record.Seconds))}</span>"
            + (parameters.Length > 0 ? $"<span>{Page.Encode(parameters)}</span>" : "")
            + $"<span>{record.Started.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}</span>";
    }
}
