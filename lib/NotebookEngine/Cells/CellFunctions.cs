using Microsoft.AspNetCore.Html;
using NotebookEngine.Running;

namespace NotebookEngine.Cells;

#pragma warning disable IDE1006 // The lower-case names are those of other kernels, so that notebooks run in either.

/// <summary>
/// Functions that cells call by their bare names: the engine imports this class statically into each of them.
/// </summary>
public static class CellFunctions
{
    /// <summary>Shows a value under the running cell; see <see cref="DisplayExtensions.Display"/>.</summary>
    public static DisplayedValue display(object? value, string? mimeType = null) => value.Display(mimeType);

    /// <summary>Text that is shown as HTML when displayed or returned.</summary>
    public static IHtmlContent HTML(string content) => new HtmlString(content);

    /// <summary>
    /// Removes the running cell's outputs; with <paramref name="wait"/> only once the next output comes.
    /// </summary>
    public static void clear_output(bool wait = false) => CellContext.Required.Output.ClearOutput(wait);

    /// <summary>Asks the reader for a line of text; null where nobody can answer.</summary>
    public static string? input(string prompt = "") => CellContext.Required.Output.ReadLine(prompt, isPassword: false);

    /// <summary>Asks the reader for a line that is not echoed; null where nobody can answer.</summary>
    public static string? password(string prompt = "") =>
        CellContext.Required.Output.ReadLine(prompt, isPassword: true);
}
