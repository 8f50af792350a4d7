using NotebookEngine.Formatting;
using NotebookEngine.Running;

namespace NotebookEngine.Cells;

/// <summary>Shows values from anywhere in a cell's code, the methods of its classes included.</summary>
public static class DisplayExtensions
{
    /// <summary>Shows a value under the running cell.</summary>
    /// <param name="value">Anything.</param>
    /// <param name="mimeType">The one representation to show; by default all that the value's type prefers.</param>
    /// <returns>A handle that can replace what is shown.</returns>
    /// <exception cref="InvalidOperationException">No cell is running.</exception>
    public static DisplayedValue Display(this object? value, string? mimeType = null)
    {
        var cell = CellContext.Required;
        var displayed = new DisplayedValue(cell, Guid.NewGuid().ToString("n"), mimeType);
        cell.Output.Display(ValueFormatter.Format(value, mimeType), displayed.DisplayId);
        return displayed;
    }

    /// <summary>Shows text as what it is: <c>"&lt;b&gt;bold&lt;/b&gt;".DisplayAs("text/html")</c>.</summary>
    /// <exception cref="InvalidOperationException">No cell is running.</exception>
    public static DisplayedValue DisplayAs(this string value, string mimeType) => value.Display(mimeType);
}
