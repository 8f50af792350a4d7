using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace NotebookEngine.Language;

/// <summary>
/// Finds the signature and documentation of a name, or of the call whose arguments are being written.
/// </summary>
internal sealed partial class Inspector(SemanticModel model, int position)
{
    private static readonly SymbolDisplayFormat Format = SymbolDisplayFormat
        .MinimallyQualifiedFormat.AddMemberOptions(SymbolDisplayMemberOptions.IncludeContainingType)
        .AddGenericsOptions(SymbolDisplayGenericsOptions.IncludeTypeConstraints);

    private static readonly SymbolDisplayFormat TypeFormat =
        SymbolDisplayFormat.CSharpErrorMessageFormat.WithKindOptions(
            SymbolDisplayKindOptions.IncludeTypeKeyword | SymbolDisplayKindOptions.IncludeNamespaceKeyword
        );

    public string? Inspect()
    {
        var symbols = Candidates().FirstOrDefault(s => s.Count > 0);
        if (symbols is null)
            return null;
        var text = new StringBuilder();
        foreach (var symbol in symbols)
            text.AppendLine(Signature(symbol));
        if (symbols.Select(Documentation).FirstOrDefault(d => d.Length > 0) is { } documentation)
            text.AppendLine().Append(documentation);
        return text.ToString().TrimEnd();
    }

    private IEnumerable<IReadOnlyList<ISymbol>> Candidates()
    {
        var root = model.SyntaxTree.GetRoot();
        var token = root.FindToken(Math.Min(position, Math.Max(0, root.FullSpan.End - 1)));
        // With the cursor at a name's end the token is already the next one.
        foreach (var candidate in new[] { token, token.GetPreviousToken() })
            if (
                candidate.IsKind(SyntaxKind.IdentifierToken)
                && candidate.SpanStart <= position
                && position <= candidate.Span.End
            )
                yield return SymbolsOf(candidate.Parent!);
        var call = token
            .Parent?.AncestorsAndSelf()
            .OfType<InvocationExpressionSyntax>()
            .FirstOrDefault(i => i.ArgumentList.SpanStart < position);
        if (call is not null)
            yield return SymbolsOf(call.Expression);
    }

    private IReadOnlyList<ISymbol> SymbolsOf(SyntaxNode node)
    {
        if (model.GetDeclaredSymbol(node) is { } declared)
            return [declared];
        var info = model.GetSymbolInfo(node);
        if (info.Symbol is not null)
            return [info.Symbol];
        return info.CandidateSymbols is { Length: > 0 } candidates ? candidates : model.GetMemberGroup(node);
    }

    private static string Signature(ISymbol symbol) =>
        symbol switch
        {
            IFieldSymbol { ContainingType.IsScriptClass: true } variable =>
                $"{variable.Type.ToDisplayString(Format)} {variable.Name}",
            IMethodSymbol { ContainingType.IsScriptClass: true } => symbol.ToDisplayString(
                SymbolDisplayFormat.MinimallyQualifiedFormat.RemoveMemberOptions(
                    SymbolDisplayMemberOptions.IncludeContainingType
                )
            ),
            INamespaceOrTypeSymbol => symbol.ToDisplayString(TypeFormat),
            _ => symbol.ToDisplayString(Format),
        };

    /// <summary>Summary, parameters, result and remarks as plain text.</summary>
    private static string Documentation(ISymbol symbol)
    {
        string? xml = symbol.OriginalDefinition.GetDocumentationCommentXml();
        if (string.IsNullOrWhiteSpace(xml))
            return "";
        var lines = new List<string>();
        foreach (var element in XElement.Parse($"<doc>{xml}</doc>").Descendants())
            switch (element.Name.LocalName)
            {
                case "summary" or "remarks":
                    lines.Add(Text(element));
                    break;
                case "param":
                    lines.Add($"{element.Attribute("name")?.Value}: {Text(element)}");
                    break;
                case "returns":
                    lines.Add($"Returns {Text(element)}");
                    break;
                case "exception":
                    lines.Add($"Throws {Short(element.Attribute("cref")?.Value)}: {Text(element)}");
                    break;
            }
        return string.Join('\n', lines);
    }

    private static string Text(XElement element)
    {
        string text = string.Concat(
            element
                .Nodes()
                .Select(n =>
                    n switch
                    {
                        XText t => t.Value,
                        XElement e when e.Attribute("cref") is { } cref => Short(cref.Value),
                        XElement e when e.Attribute("name") is { } name => name.Value,
                        XElement e => Text(e),
                        _ => "",
                    }
                )
        );
        return Spaces().Replace(text, " ").Trim();
    }

    private static string Short(string? reference) => reference?.Split('(')[0].Split('.', ':')[^1] ?? "";

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
