namespace NotebookEngine;

/// <summary>How a cell ended.</summary>
public enum CellStatus
{
    /// <summary>It ran to its end.</summary>
    Ok,

    /// <summary>It did not compile, or threw.</summary>
    Failed,

    /// <summary>It was stopped from outside.</summary>
    Interrupted,
}

/// <summary>How a cell ended, and with what.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Value">The value of its last expression; null where there was none.</param>
/// <param name="Error">What went wrong; null where all went well.</param>
/// <param name="Elapsed">Wall time.</param>
public sealed record CellOutcome(CellStatus Status, object? Value, CellError? Error, TimeSpan Elapsed);

/// <summary>An error in the coordinates of cells.</summary>
/// <param name="Name">The exception's type, or <c>CompileError</c>, <c>DirectiveError</c> or
/// <c>Interrupted</c>.</param>
/// <param name="Message">What went wrong.</param>
/// <param name="Source">The cell, as <c>cell[3]</c>, or the loaded file in which it went wrong; null where
/// unknown.</param>
/// <param name="Line">The line in it, from 1; null where unknown.</param>
/// <param name="Traceback">Lines to show, without escape sequences.</param>
/// <param name="Exception">What was thrown; null for a compile error.</param>
public sealed record CellError(
    string Name,
    string Message,
    string? Source,
    int? Line,
    IReadOnlyList<string> Traceback,
    Exception? Exception
);
