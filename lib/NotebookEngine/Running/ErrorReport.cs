using System.Diagnostics;
using System.Globalization;
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
    private const int ErrorLimit = 50;
    private const int ExceptionLimit = 20;
    private const int FirstFrames = 60;
    private const int LastFrames = 20;

    /// <summary>What to write instead, where the compiler's own words do not help in a cell.</summary>
    private static readonly Dictionary<string, string> Advice = new()
    {
        ["CS1109"] = ExtensionAdvice,
        ["CS1106"] = ExtensionAdvice,
        ["CS9283"] = ExtensionAdvice,
    };

    private const string ExtensionAdvice =
        "A class of a cell is nested. Write the extension method without a class, at the top level of the cell: "
        + "static int Twice(this int n) => 2 * n;";

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
        foreach (var error in errors.Take(ErrorLimit))
        {
            var at = error.Location.GetMappedLineSpan();
            trace.Add(Text(error, at));
            if (LineOf(at.Path, at.StartLinePosition.Line + 1) is { } line)
                trace.AddRange([
                    $"    {line}",
                    $"    {new string(' ', Math.Min(at.StartLinePosition.Character, line.Length))}^",
                ]);
        }
        if (errors.Count > ErrorLimit)
            trace.Add($"… and {errors.Count - ErrorLimit} more errors.");
        var first = errors[0].Location.GetMappedLineSpan();
        return new CellError(
            "CompileError",
            Text(errors[0], first),
            first.Path,
            first.Path is null ? null : first.StartLinePosition.Line + 1,
            trace,
            null
        );

        static string Text(Diagnostic error, FileLinePositionSpan at)
        {
            // An import of the host that does not exist has no place in the cell.
            if (at.Path is null)
                return $"{error.Id}: {error.GetMessage(CultureInfo.InvariantCulture)}";
            var (line, column) = (at.StartLinePosition.Line + 1, at.StartLinePosition.Character + 1);
            string message =
                $"{at.Path}, line {line}, column {column}: {error.Id}: "
                + error.GetMessage(CultureInfo.InvariantCulture);
            return Advice.TryGetValue(error.Id, out string? advice) ? $"{message} {advice}" : message;
        }
    }

    private CellError Directive(DirectiveException exception)
    {
        string name = exception.Origin!;
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
        var all = WithInner(cause).Take(ExceptionLimit + 1).ToList();
        foreach (var e in all.Take(ExceptionLimit))
        {
            trace.Add($"{(e == cause ? "" : "---> ")}{e.GetType().FullName}: {ExceptionText.Message(e)}");
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
        if (all.Count > ExceptionLimit)
            trace.Add("… and more inner exceptions.");
        string message = ExceptionText.Message(cause);
        return new CellError(cause.GetType().Name, message, first?.Source, first?.Line, trace, cause);
    }

    /// <summary>The exception and those within it, outer ones first; a chain may be of any length.</summary>
    private static IEnumerable<Exception> WithInner(Exception exception)
    {
        var open = new Stack<Exception>([exception]);
        while (open.TryPop(out var next))
        {
            yield return next;
            if (next is AggregateException all)
                foreach (var inner in all.InnerExceptions.Reverse())
                    open.Push(inner);
            else if (next.InnerException is { } one)
                open.Push(one);
        }
    }

    /// <summary>The frames of a cell's own code and what it called; of an endless recursion both ends.</summary>
    private List<(string Text, (string Source, int Line)? At)> Frames(Exception exception)
    {
        var lines = new StackTrace(exception, fNeedFileInfo: true)
            .ToString()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .TakeWhile(line => !line.Contains(" at Microsoft.CodeAnalysis.Scripting.", StringComparison.Ordinal))
            .Where(line => !HostFrame().IsMatch(line))
            .ToList();
        if (lines.Count <= FirstFrames + LastFrames)
            return lines.ConvertAll(Frame);
        return
        [
            .. lines.Take(FirstFrames).Select(Frame),
            ($"   … {lines.Count - FirstFrames - LastFrames} more frames …", null),
            .. lines.TakeLast(LastFrames).Select(Frame),
        ];
    }

    private static (string Text, (string Source, int Line)? At) Frame(string frame)
    {
        var match = CellFrame().Match(frame);
        if (!match.Success)
            return (frame.TrimEnd(), null);
        var (source, line) = (
            match.Groups["source"].Value,
            int.Parse(match.Groups["line"].Value, CultureInfo.InvariantCulture)
        );
        return ($"   at {source}, line {line}{Method(match.Groups["method"].Value)}", (source, line));
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
        source is not null && sources.TryGetValue(source, out string? text) && line > 0
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
