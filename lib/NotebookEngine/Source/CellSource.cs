using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace NotebookEngine.Source;

/// <summary>What a part of a cell is written in.</summary>
internal enum PartKind
{
    Code,
    Markdown,
    Html,
}

/// <summary>A stretch of a cell in one language.</summary>
/// <param name="Kind">Its language.</param>
/// <param name="Text">For code the whole cell, with all that is not this code blanked, so that positions and lines are
/// the cell's.</param>
/// <param name="Usings">For code the variables of its <c>using</c> declarations.</param>
internal sealed record CellPart(PartKind Kind, string Text, IReadOnlyList<UsingVariable> Usings);

/// <summary>A cell's text, with the directives taken out.</summary>
internal sealed record CellSource(IReadOnlyList<Directive> Directives, IReadOnlyList<CellPart> Parts)
{
    public static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.Latest, kind: SourceCodeKind.Script);

    /// <param name="text">The cell.</param>
    /// <param name="name">Its name, for errors.</param>
    /// <param name="language">The language that it begins in; null for C#.</param>
    /// <exception cref="DirectiveException">A directive is not understood, the language is not known, or the code is
    /// nested too deep.</exception>
    public static CellSource Parse(string text, string name, string? language)
    {
        if (CellLanguage.KindOf(language) is not { } kind)
            throw new DirectiveException(CellLanguage.ForeignText(language!)) { Origin = name, Line = 1 };
        if (CodeNesting.IsTooDeep(text))
            throw new DirectiveException(
                $"The code is nested more than {CodeNesting.Limit} deep: the compiler cannot follow."
            )
            {
                Origin = name,
                Line = 1,
            };
        return Parse(text, kind, (line, number) =>
        {
            try
            {
                return Directive.Parse(line, number);
            }
            catch (DirectiveException e)
            {
                throw new DirectiveException(e.Message) { Origin = name, Line = number };
            }
        });
    }

    /// <summary>
    /// The code alone, everything else blanked; for the language services, which meet half-written lines.
    /// </summary>
    public static string CodeOf(string text)
    {
        if (CodeNesting.IsTooDeep(text))
            return Blank(text);
        var source = Parse(text, PartKind.Code, (line, number) =>
            ParseOrNull(line, number) ?? new TimeDirective(number)
        );
        char[] code = Blank(text).ToCharArray();
        foreach (var part in source.Parts.Where(p => p.Kind == PartKind.Code))
            for (int i = 0; i < code.Length; i++)
                if (!char.IsWhiteSpace(part.Text[i]))
                    code[i] = part.Text[i];
        return new string(code);
    }

    private static Directive? ParseOrNull(string line, int number)
    {
        try
        {
            return Directive.Parse(line, number);
        }
        catch (DirectiveException)
        {
            return null;
        }
    }

    /// <param name="text">The cell.</param>
    /// <param name="kind">What it begins in.</param>
    /// <param name="parse">Parses a line that is a directive, from its text and number.</param>
    public static CellSource Parse(string text, PartKind kind, Func<string, int, Directive> parse)
    {
        var directives = new List<Directive>();
        var parts = new List<CellPart>();
        var part = new StringBuilder();
        var (start, number) = (0, 0);
        while (start < text.Length)
        {
            int end = text.IndexOf('\n', start) is var i and >= 0 ? i + 1 : text.Length;
            string line = text[start..end];
            number++;
            if (!IsDirective(kind, part, line, number, out bool isActive))
                part.Append(line);
            else
            {
                var directive = isActive ? parse(line, number) : null;
                if (directive is PartDirective next)
                {
                    Close();
                    kind = next.Kind;
                    if (kind == PartKind.Code)
                        part.Append(Blank(text[..start]));
                }
                else if (directive is not null)
                    directives.Add(directive);
                if (kind == PartKind.Code)
                    part.Append(Blank(line));
            }
            start = end;
        }
        Close();
        return new CellSource(directives, parts);

        void Close()
        {
            string content = kind == PartKind.Code ? part + Blank(text[part.Length..]) : part.ToString();
            var usings = (IReadOnlyList<UsingVariable>)[];
            if (kind == PartKind.Code)
                (content, usings) = UsingDeclarations.Lift(content);
            if (!string.IsNullOrWhiteSpace(content))
                parts.Add(new CellPart(kind, content, usings));
            part.Clear();
        }
    }

    /// <summary>
    /// Whether a line is a directive. In a comment, a raw string or another language it is none; in code that is
    /// switched off it is not active.
    /// </summary>
    private static bool IsDirective(PartKind kind, StringBuilder before, string line, int number, out bool isActive)
    {
        isActive = true;
        if (!Directive.IsCandidate(line))
            return false;
        if (number == 1 && line.StartsWith("#!/", StringComparison.Ordinal))
            return false; // a script's own first line
        if (kind != PartKind.Code)
            return ParseOrNull(line, number) is PartDirective;
        int position = before.Length + line.IndexOf('#', StringComparison.Ordinal);
        var trivia = CSharpSyntaxTree.ParseText(before + line, ParseOptions).GetRoot().FindTrivia(position);
        isActive = trivia.GetStructure() is DirectiveTriviaSyntax { IsActive: true };
        return trivia.IsDirective;
    }

    private static string Blank(string text) => string.Concat(text.Select(c => c is '\n' or '\r' ? c : ' '));
}
