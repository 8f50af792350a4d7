using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Scripting;
using NotebookEngine.Source;

namespace NotebookEngine.Running;

/// <summary>
/// Puts what went wrong into the coordinates of cells: source, line, the line's text; the engine's own frames left out.
/// </summary>
/// <param name="sources">Name to text, of everything that was run.</param>
internal sealed partial class ErrorReport(IReadOnlyDictionary<string, string> sources)
{
    private const string Interrupted = "Interrupted";

    /// <summary>Describes what was thrown while a cell ran.</summary>
    public CellError Describe(Exception thrown, bool interrupted) =>
        thrown switch
        {
            CellStoppedException => new CellError(Interrupted, thrown.Message, null, null, [thrown.Message], thrown),
            _ when interrupted => Thrown(thrown) with { Name = Interrupted, Message = "The cell was interrupted." },
            CompilationErrorException compilation => Compilation(compilation),
            DirectiveException directive => Directive(directive),
            _ => Thrown(thrown),
        };

    private CellError Compilation(CompilationErrorException exception)
    {
        var errors = exception.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).ToList();
        var trace = new List<string>();
        foreach (var error in errors)
        {
            var at = error.Location.GetMappedLineSpan();
            trace.Add(Text(error, at));
            if (LineOf(at.Path, at.StartLinePosition.Line + 1) is { } line)
                trace.AddRange([
                    $"    {line}",
                    $"    {new string(' ', Math.Min(at.StartLinePosition.Character, line.Length))}^",
                ]);
        }
        var first = errors[0].Location.GetMappedLineSpan();
        return new CellError(
            "CompileError",
            Text(errors[0], first),
            first.Path,
            first.StartLinePosition.Line + 1,
            trace,
            null
        );

        static string Text(Diagnostic error, FileLinePositionSpan at)
        {
            var (line, column) = (at.StartLinePosition.Line + 1, at.StartLinePosition.Character + 1);
            return $"{at.Path}, line {line}, column {column}: {error.Id}: {error.GetMessage()}";
        }
    }

    private CellError Directive(DirectiveException exception)
    {
        var name = exception.Origin!;
        var trace = new List<string> { $"{name}, line {exception.Line}: {exception.Message}" };
        if (LineOf(name, exception.Line) is { } line)
            trace.Add($"    {line.Trim()}");
        return new CellError("DirectiveError", exception.Message, name, exception.Line, trace, exception);
    }

    private CellError Thrown(Exception exception)
    {
        // What Task.Result and Parallel.For wrap around a single exception says nothing.
        var cause = exception is AggregateException { InnerExceptions: [var only] } ? only : exception;
        var trace = new List<string>();
        (string Source, int Line)? first = null;
        foreach (var e in WithInner(cause))
        {
            trace.Add($"{(e == cause ? "" : "---> ")}{e.GetType().FullName}: {e.Message}");
            foreach (var frame in Frames(e))
            {
                trace.Add(frame.Text);
                if (frame.At is not { } at)
                    continue;
                first ??= at;
                if (LineOf(at.Source, at.Line) is { } line)
                    trace.Add($"      {line.Trim()}");
            }
        }
        return new CellError(cause.GetType().Name, cause.Message, first?.Source, first?.Line, trace, cause);
    }

    private static IEnumerable<Exception> WithInner(Exception exception)
    {
        IEnumerable<Exception> inner =
            exception is AggregateException all ? all.InnerExceptions
            : exception.InnerException is { } one ? [one]
            : [];
        return inner.SelectMany(WithInner).Prepend(exception);
    }

    private IEnumerable<(string Text, (string Source, int Line)? At)> Frames(Exception exception)
    {
        foreach (
            var frame in new StackTrace(exception, fNeedFileInfo: true)
                .ToString()
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        )
        {
            if (frame.Contains(" at Microsoft.CodeAnalysis.Scripting.", StringComparison.Ordinal))
                yield break;
            if (HostFrame().IsMatch(frame))
                continue;
            var match = CellFrame().Match(frame);
            if (!match.Success)
            {
                yield return (frame.TrimEnd(), null);
                continue;
            }
            var (source, line) = (match.Groups["source"].Value, int.Parse(match.Groups["line"].Value));
            yield return ($"   at {source}, line {line}{Method(match.Groups["method"].Value)}", (source, line));
        }
    }

    /// <summary>A method's name as it was written, not as it was compiled.</summary>
    private static string Method(string compiled)
    {
        if (compiled.StartsWith("<<", StringComparison.Ordinal))
            return "";
        if (compiled.Contains(">b__", StringComparison.Ordinal))
            return ", in a lambda";
        return ", in "
            + (CompiledName().Match(compiled) is { Success: true } written ? written.Groups["name"].Value : compiled);
    }

    /// <summary>A line of a cell; null where an error has no place in one, as those of the whole compilation.</summary>
    private string? LineOf(string? source, int line) =>
        source is not null && sources.TryGetValue(source, out var text) && line > 0
            ? text.Split('\n').ElementAtOrDefault(line - 1)?.TrimEnd('\r')
            : null;

    /// <summary>Frames of the engine itself, and the marks between the parts of a trace.</summary>
    [GeneratedRegex(@"^---|^\s+at (NotebookEngine\.|System\.Runtime\.ControlledExecution\.)")]
    private static partial Regex HostFrame();

    /// <summary>An async method or an iterator, or a local function.</summary>
    [GeneratedRegex(@"<(?<name>\w+)>d__\d+|>g__(?<name>\w+)\|")]
    private static partial Regex CompiledName();

    [GeneratedRegex(@"^\s+at Submission#\d+\.(?<method>.*) in (?<source>.*):line (?<line>\d+)\s*$")]
    private static partial Regex CellFrame();
}
