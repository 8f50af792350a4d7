using NotebookEngine.Formatting;
using NotebookEngine.Running;

namespace NotebookEngine.Cells;

/// <summary>Something on show, which can be replaced where it stands.</summary>
public sealed class DisplayedValue
{
    private readonly CellContext _cell;
    private readonly string? _mimeType;

    internal DisplayedValue(CellContext cell, string displayId, string? mimeType) =>
        (_cell, DisplayId, _mimeType) = (cell, displayId, mimeType);

    /// <summary>The id under which the output is known.</summary>
    public string DisplayId { get; }

    /// <summary>Replaces what is shown; also from a later cell.</summary>
    public void Update(object? value) =>
        (CellContext.Current ?? _cell).Output.UpdateDisplay(ValueFormatter.Format(value, _mimeType), DisplayId);
}
