using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using NotebookEngine;

namespace IResNet.Workbook.Html;

/// <summary>
/// C# as HTML with a class for each kind of token, from the compiler's own parser: what runs is what is coloured.
/// </summary>
internal static class CSharpHighlighter
{
    private static readonly CSharpParseOptions Script = new(
        LanguageVersion.Preview,
        DocumentationMode.None,
        SourceCodeKind.Script
    );

    /// <summary>
    /// Encoded HTML for inside <c>pre</c>: spans of class <c>k</c> (keyword), <c>t</c> (type), <c>m</c> (method),
    /// <c>s</c> (string), <c>n</c> (number), <c>c</c> (comment) and <c>p</c> (directive). Its text is the source, also
    /// where that does not compile. Code that is nested too deep is not coloured.
    /// </summary>
    public static string ToHtml(string source)
    {
        if (CodeNesting.IsTooDeep(source))
            return Page.Encode(source);
        var html = new StringBuilder();
        int position = 0;
        foreach (var (span, style) in Spans(CSharpSyntaxTree.ParseText(source, Script).GetRoot()))
        {
            html.Append(Page.Encode(source[position..span.Start]));
            html.Append("<span class=\"")
                .Append(style)
                .Append("\">")
                .Append(Page.Encode(source[span.Start..span.End]))
                .Append("</span>");
            position = span.End;
        }

        return html.Append(Page.Encode(source[position..])).ToString();
    }

    private static IEnumerable<(TextSpan Span, char Style)> Spans(SyntaxNode root)
    {
        foreach (var token in root.DescendantTokens())
        {
            foreach (var trivia in Trivia(token.LeadingTrivia))
                yield return trivia;
            if (Style(token) is { } style && token.Span.Length > 0)
                yield return (token.Span, style);
            foreach (var trivia in Trivia(token.TrailingTrivia))
                yield return trivia;
        }
    }

    private static IEnumerable<(TextSpan Span, char Style)> Trivia(SyntaxTriviaList list) =>
        from trivia in list
        let style = trivia.IsDirective ? 'p'
        : Comments.Contains(trivia.Kind()) ? 'c'
        : default(char?)
        where style is not null
        select (trivia.FullSpan, style.Value);

    private static readonly HashSet<SyntaxKind> Comments =
    [
        SyntaxKind.SingleLineCommentTrivia,
        SyntaxKind.MultiLineCommentTrivia,
        SyntaxKind.SingleLineDocumentationCommentTrivia,
        SyntaxKind.MultiLineDocumentationCommentTrivia,
    ];

    private static char? Style(SyntaxToken token) =>
        token.Kind() switch
        {
            SyntaxKind.NumericLiteralToken => 'n',
            SyntaxKind.CharacterLiteralToken
            or SyntaxKind.StringLiteralToken
            or SyntaxKind.Utf8StringLiteralToken
            or SyntaxKind.SingleLineRawStringLiteralToken
            or SyntaxKind.MultiLineRawStringLiteralToken
            or SyntaxKind.InterpolatedStringStartToken
            or SyntaxKind.InterpolatedVerbatimStringStartToken
            or SyntaxKind.InterpolatedSingleLineRawStringStartToken
            or SyntaxKind.InterpolatedMultiLineRawStringStartToken
            or SyntaxKind.InterpolatedStringTextToken
            or SyntaxKind.InterpolatedStringEndToken
            or SyntaxKind.InterpolatedRawStringEndToken => 's',
            SyntaxKind.IdentifierToken => Name(token),
            _ => token.IsKeyword() ? 'k' : null,
        };

    private static char? Name(SyntaxToken token) =>
        token.Parent switch
        {
            BaseTypeDeclarationSyntax or TypeParameterSyntax => 't',
            MethodDeclarationSyntax or LocalFunctionStatementSyntax => 'm',
            IdentifierNameSyntax { IsVar: true } => 'k',
            SimpleNameSyntax name when IsInvoked(name) => 'm',
            SimpleNameSyntax name when SyntaxFacts.IsInTypeOnlyContext(name) => 't',
            _ => null,
        };

    private static bool IsInvoked(SimpleNameSyntax name) =>
        name.Parent switch
        {
            InvocationExpressionSyntax => true,
            MemberAccessExpressionSyntax access when access.Name == name => access.Parent is InvocationExpressionSyntax,
            MemberBindingExpressionSyntax binding => binding.Parent is InvocationExpressionSyntax,
            _ => false,
        };
}
