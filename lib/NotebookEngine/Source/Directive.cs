using System.Text.RegularExpressions;

namespace NotebookEngine.Source;

/// <summary>A line that speaks to the engine and not to the compiler.</summary>
/// <param name="Line">The line it stands on, from 1.</param>
internal abstract partial record Directive(int Line)
{
    private const string Known = "#!csharp, #!markdown, #!html, #!time, #!import";

    /// <summary>Whether a line looks like a directive; inside a string or a comment it is none.</summary>
    public static bool IsCandidate(string line) => CandidatePattern().IsMatch(line);

    /// <exception cref="DirectiveException">The line is no directive that cells know.</exception>
    public static Directive Parse(string text, int line)
    {
        text = text.Trim();
        if (PackagePattern().Match(text) is { Success: true } package)
            return new PackageDirective(
                line,
                package.Groups["id"].Value,
                package.Groups["version"] is { Success: true } v ? v.Value : "*"
            );
        if (PathPattern().Match(text) is { Success: true } path)
        {
            var argument = path.Groups["path"].Value;
            return path.Groups["verb"].Value switch
            {
                "#r" => new ReferenceDirective(line, argument),
                "#i" => new PackageSourceDirective(line, SourcePrefix().Replace(argument, "")),
                _ => new LoadDirective(line, argument),
            };
        }
        return text.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries)[0].ToLowerInvariant() switch
        {
            "#!csharp" or "#!c#" => new PartDirective(line, PartKind.Code),
            "#!markdown" => new PartDirective(line, PartKind.Markdown),
            "#!html" => new PartDirective(line, PartKind.Html),
            "#!time" => new TimeDirective(line),
            var verb when verb.StartsWith("#!", StringComparison.Ordinal) => throw new DirectiveException(
                $"{verb} is not known here: cells are C#, and the directives that begin with #! are {Known}."
            ),
            var verb => throw new DirectiveException(
                $"{verb} needs one argument in quotes, as in {verb} \"{(verb == "#r" ? "nuget: Name, Version" : "path")}\"."
            ),
        };
    }

    [GeneratedRegex(@"^\s*#(!|(r|i|load)\b)")]
    private static partial Regex CandidatePattern();

    [GeneratedRegex(
        """^#r\s+"nuget:\s*(?<id>[\w.-]+)\s*(,\s*(?<version>[^"\s,]+)\s*)?"\s*(//.*)?$""",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex PackagePattern();

    [GeneratedRegex("""^(?<verb>#r|#i|#load|#!import)\s+("(?<path>[^"]+)"|(?<path>[^"\s]+))\s*(//.*)?$""")]
    private static partial Regex PathPattern();

    [GeneratedRegex(@"^nuget:\s*", RegexOptions.IgnoreCase)]
    private static partial Regex SourcePrefix();
}

/// <summary><c>#r "nuget: Id, Version"</c>; no version is <c>*</c>, the newest stable one.</summary>
internal sealed record PackageDirective(int Line, string Id, string Version) : Directive(Line);

/// <summary><c>#i "nuget: SOURCE"</c>.</summary>
internal sealed record PackageSourceDirective(int Line, string Address) : Directive(Line);

/// <summary><c>#r "path"</c>.</summary>
internal sealed record ReferenceDirective(int Line, string Path) : Directive(Line);

/// <summary><c>#load "script"</c> and <c>#!import "script or notebook"</c>.</summary>
internal sealed record LoadDirective(int Line, string Path) : Directive(Line);

/// <summary><c>#!csharp</c>, <c>#!markdown</c>, <c>#!html</c>: what follows is of this kind.</summary>
internal sealed record PartDirective(int Line, PartKind Kind) : Directive(Line);

/// <summary><c>#!time</c>.</summary>
internal sealed record TimeDirective(int Line) : Directive(Line);
