using System.Text.RegularExpressions;

namespace NotebookEngine.Source;

/// <summary>A line that speaks to the engine and not to the compiler.</summary>
/// <param name="Line">The line it stands on, from 1.</param>
internal abstract partial record Directive(int Line)
{
    private const string Known = "#!csharp, #!markdown, #!html, #!time, #!import, #!who, #!whos";

    /// <summary>What other hosts understand and this one does not, and what to write instead.</summary>
    private static readonly Dictionary<string, string> Instead = new()
    {
        ["#!share"] = "all cells are C# here and share their variables, so leave the line out",
        ["#!set"] = "assign a variable: var name = value;",
        ["#!value"] = "assign the text to a variable: var name = \"\"\"…\"\"\";",
        ["#!import"] = "it needs a path, as in #!import \"other.ipynb\"",
    };

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
            string argument = path.Groups["path"].Value;
            return path.Groups["verb"].Value switch
            {
                "#r" when argument.StartsWith("nuget", StringComparison.OrdinalIgnoreCase) && argument.Contains(':') =>
                    throw new DirectiveException(
                        $"\"{argument}\" names no package: write #r \"nuget: Name, Version\" or #r \"nuget: Name\"."
                    ),
                "#r" => new ReferenceDirective(line, argument),
                "#i" => new PackageSourceDirective(line, SourcePrefix().Replace(argument, "")),
                _ => new LoadDirective(line, argument),
            };
        }
        string verb = text.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries)[0].ToLowerInvariant();
        if (!verb.StartsWith("#!", StringComparison.Ordinal))
            throw new DirectiveException(
                $"{verb} needs one argument in quotes, as in {verb} "
                    + (verb == "#r" ? "\"nuget: Name, Version\"." : "\"path\".")
            );
        return verb switch
        {
            "#!time" => new TimeDirective(line),
            "#!who" => new WhoDirective(line, WithValues: false),
            "#!whos" => new WhoDirective(line, WithValues: true),
            _ when CellLanguage.KindOf(verb[2..]) is { } kind => new PartDirective(line, kind),
            _ when CellLanguage.Named(verb[2..]) => throw new DirectiveException(CellLanguage.ForeignText(verb[2..]))
            {
                IsForeignLanguage = true,
            },
            _ when Instead.TryGetValue(verb, out string? instead) => throw new DirectiveException(
                verb == "#!import" ? $"{verb}: {instead}." : $"{verb} is not understood here: {instead}"
            ),
            _ => throw new DirectiveException(
                $"{verb} is not known here: cells are C#, and the directives that begin with #! are {Known}."
            ),
        };
    }

    [GeneratedRegex(@"^\s*#(!|(r|i|load)\b)")]
    private static partial Regex CandidatePattern();

    [GeneratedRegex(
        """^#r\s+(?<quote>"?)nuget\s*:\s*(?<id>[\w.-]+)\s*([,/@]\s*(?<version>[^"\s,/@]+)\s*)?\k<quote>\s*(//.*)?$""",
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

/// <summary><c>#!who</c>: the names of the variables; <c>#!whos</c>: with their types and values.</summary>
internal sealed record WhoDirective(int Line, bool WithValues) : Directive(Line);
