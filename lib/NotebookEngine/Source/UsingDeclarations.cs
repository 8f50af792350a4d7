using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace NotebookEngine.Source;

/// <summary>A variable of a <c>using</c> declaration at the top level of a cell.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Position">Where the name stands.</param>
/// <param name="IsAsync">Whether it was declared by <c>await using</c>.</param>
internal sealed record UsingVariable(string Name, int Position, bool IsAsync);

/// <summary>
/// <c>using var x = …;</c> at the top level of a cell. The scripting dialect of C# has only the directive there, as
/// its variables outlive the script. The words <c>using</c> and <c>await</c> are blanked, which leaves an ordinary
/// declaration with every position as it was, and the engine releases the variables at the cell's end.
/// </summary>
internal static class UsingDeclarations
{
    /// <summary>
    /// A variable named <c>_</c> is renamed: as a variable of the script it would turn the discards of all later cells
    /// into assignments.
    /// </summary>
    private const char Unnamed = '\u02cd';

    private static readonly CSharpParseOptions Statements = new(LanguageVersion.Latest);

    /// <summary>The code without the keywords, and the variables in the order of their declaration.</summary>
    public static (string Code, IReadOnlyList<UsingVariable> Variables) Lift(string code)
    {
        if (!code.Contains("using", StringComparison.Ordinal))
            return (code, []);
        var lifted = new StringBuilder(code);
        var variables = new List<UsingVariable>();
        int depth = 0;
        var (last, beforeLast) = (default(SyntaxToken), default(SyntaxToken));
        foreach (var token in SyntaxFactory.ParseTokens(code, options: CellSource.ParseOptions))
        {
            depth += Step(token.Kind());
            bool isAsync = last.IsKind(SyntaxKind.IdentifierToken) && last.ValueText == "await";
            if (
                depth == 0
                && token.IsKind(SyntaxKind.UsingKeyword)
                && EndsStatement(isAsync ? beforeLast : last)
                && Declaration(code, token.SpanStart) is { } declaration
            )
            {
                Blank(lifted, token);
                if (isAsync)
                    Blank(lifted, last);
                foreach (var variable in declaration.Variables)
                {
                    int position = token.SpanStart + variable.Identifier.SpanStart;
                    if (variable.Identifier.Text == "_")
                        lifted[position] = Unnamed;
                    string name = variable.Identifier.Text == "_" ? Unnamed.ToString() : variable.Identifier.ValueText;
                    variables.Add(new UsingVariable(name, position, isAsync));
                }
            }
            (beforeLast, last) = (last, token);
        }
        return (lifted.ToString(), variables);
    }

    private static int Step(SyntaxKind kind) =>
        kind switch
        {
            SyntaxKind.OpenBraceToken or SyntaxKind.OpenParenToken or SyntaxKind.OpenBracketToken => 1,
            SyntaxKind.CloseBraceToken or SyntaxKind.CloseParenToken or SyntaxKind.CloseBracketToken => -1,
            _ => 0,
        };

    private static bool EndsStatement(SyntaxToken token) =>
        token.Kind() is SyntaxKind.None or SyntaxKind.SemicolonToken or SyntaxKind.CloseBraceToken;

    /// <summary>The declaration that begins here; null where it is a directive, or the statement with a body.</summary>
    private static VariableDeclarationSyntax? Declaration(string code, int start) =>
        SyntaxFactory.ParseStatement(code[start..], options: Statements, consumeFullText: false)
            is LocalDeclarationStatementSyntax { UsingKeyword.RawKind: not 0, Declaration: var declaration }
        && declaration.Variables.All(v => !v.Identifier.IsMissing && v.Initializer is not null)
            ? declaration
            : null;

    private static void Blank(StringBuilder text, SyntaxToken token)
    {
        for (int i = token.SpanStart; i < token.Span.End; i++)
            text[i] = ' ';
    }
}
