using System.ComponentModel;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace NotebookEngine.Language;

/// <summary>Completes C#: the members of what stands before a dot, else what is in scope.</summary>
internal sealed class Completer(SemanticModel model, int position)
{
    private const int Limit = 500;

    private readonly SyntaxNode _root = model.SyntaxTree.GetRoot();

    public CompletionList Complete()
    {
        string text = _root.SyntaxTree.ToString();
        int start = position;
        while (start > 0 && SyntaxFacts.IsIdentifierPartCharacter(text[start - 1]))
            start--;
        string typed = text[start..position];
        var before = start == 0 ? default : _root.FindToken(start - 1);
        var items =
            IsText(start) ? []
            : before.IsKind(SyntaxKind.DotToken) ? Members(before)
            : InScope(before, start);
        var matching = items
            .Where(i => i.Text.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
            .DistinctBy(i => i.Text)
            // Stable: the order within stays.
            .OrderByDescending(i => i.Text.StartsWith(typed, StringComparison.Ordinal));
        return new CompletionList(start, position, matching.Take(Limit).ToList());
    }

    /// <summary>Whether the position lies in a comment, a string or a number.</summary>
    private bool IsText(int start)
    {
        var token = _root.FindToken(start);
        if (token.SpanStart < start && token.Span.End >= start && token.IsKind(SyntaxKind.NumericLiteralToken))
            return true;
        if (token.SpanStart < start && token.Span.End > start)
            return IsString(token);
        var trivia = _root.FindTrivia(start == 0 ? 0 : start - 1);
        return trivia.Kind() is SyntaxKind.SingleLineCommentTrivia or SyntaxKind.MultiLineCommentTrivia;

        static bool IsString(SyntaxToken token) =>
            token.Kind()
                is SyntaxKind.StringLiteralToken
                    or SyntaxKind.CharacterLiteralToken
                    or SyntaxKind.InterpolatedStringTextToken
                    or SyntaxKind.SingleLineRawStringLiteralToken
                    or SyntaxKind.MultiLineRawStringLiteralToken;
    }

    private IEnumerable<CompletionItem> Members(SyntaxToken dot)
    {
        var (symbol, type) = dot.Parent switch
        {
            MemberAccessExpressionSyntax { Expression: var left } => (
                model.GetSymbolInfo(left).Symbol,
                model.GetTypeInfo(left).Type
            ),
            // An unfinished statement reads like a declaration whose type is on the left; what was meant is an
            // expression.
            QualifiedNameSyntax name => Speculate(name.Left),
            MemberBindingExpressionSyntax binding => (null, ConditionalType(binding)),
            _ => (null, null),
        };
        var members = Enumerable.Empty<ISymbol>();
        if (symbol is INamespaceOrTypeSymbol container)
            members = model.LookupSymbols(position, container).Where(s => s.IsStatic || s is INamespaceOrTypeSymbol);
        if (symbol is not INamespaceOrTypeSymbol && type is not null and not IErrorTypeSymbol)
            members = members.Concat(
                model
                    .LookupSymbols(position, type, includeReducedExtensionMethods: true)
                    .Where(s => s is not ITypeSymbol && (!s.IsStatic || s is IMethodSymbol { ReducedFrom: not null }))
            );
        return members.Where(IsOffered).OrderBy(s => s.Name, StringComparer.Ordinal).Select(Item);
    }

    private (ISymbol?, ITypeSymbol?) Speculate(NameSyntax left)
    {
        var expression = SyntaxFactory.ParseExpression(left.ToString());
        return (
            model
                .GetSpeculativeSymbolInfo(left.SpanStart, expression, SpeculativeBindingOption.BindAsExpression)
                .Symbol,
            model.GetSpeculativeTypeInfo(left.SpanStart, expression, SpeculativeBindingOption.BindAsExpression).Type
        );
    }

    private ITypeSymbol? ConditionalType(MemberBindingExpressionSyntax binding)
    {
        if (binding.FirstAncestorOrSelf<ConditionalAccessExpressionSyntax>() is not { Expression: var left })
            return null;
        var type = model.GetTypeInfo(left).Type;
        return type?.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T
            ? ((INamedTypeSymbol)type).TypeArguments[0]
            : type;
    }

    private IEnumerable<CompletionItem> InScope(SyntaxToken before, int start)
    {
        var symbols = model
            .LookupSymbols(start)
            .Where(s => IsOffered(s) && s.ContainingType?.SpecialType != SpecialType.System_Object)
            .OrderBy(s => s.Name, StringComparer.Ordinal)
            .ToLookup(s => s is INamespaceOrTypeSymbol);
        return NamedArguments(before)
            .Concat(InitializerMembers(before))
            .Concat(symbols[false].Select(Item))
            .Concat(symbols[true].Select(Item))
            .Concat(SyntaxFacts.GetKeywordKinds().Select(k => new CompletionItem(SyntaxFacts.GetText(k), "keyword")));
    }

    /// <summary>The parameters of the call whose next argument begins here.</summary>
    private IEnumerable<CompletionItem> NamedArguments(SyntaxToken before)
    {
        if (before.Parent is not ArgumentListSyntax { Parent: { } call } || before.IsKind(SyntaxKind.CloseParenToken))
            return [];
        var methods = call switch
        {
            InvocationExpressionSyntax invocation => model
                .GetMemberGroup(invocation.Expression)
                .OfType<IMethodSymbol>(),
            BaseObjectCreationExpressionSyntax when model.GetTypeInfo(call).Type is INamedTypeSymbol type =>
                type.InstanceConstructors,
            _ => [],
        };
        return methods.SelectMany(m => m.Parameters).Select(p => new CompletionItem(p.Name + ":", "param"));
    }

    /// <summary>The properties that an object initializer may set.</summary>
    private IEnumerable<CompletionItem> InitializerMembers(SyntaxToken before) =>
        before.Parent is InitializerExpressionSyntax { Parent: BaseObjectCreationExpressionSyntax creation }
        && model.GetTypeInfo(creation).Type is { } type
            ? model
                .LookupSymbols(position, type)
                .Where(s => s is IPropertySymbol { IsReadOnly: false, IsIndexer: false })
                .Select(Item)
            : [];

    private static bool IsOffered(ISymbol symbol) =>
        symbol.CanBeReferencedByName
        && !symbol.Name.StartsWith('<')
        && !symbol
            .GetAttributes()
            .Any(a =>
                a.AttributeClass?.Name == nameof(EditorBrowsableAttribute)
                && a.ConstructorArguments is [{ Value: (int)EditorBrowsableState.Never }]
            );

    private static CompletionItem Item(ISymbol symbol) =>
        new(
            symbol.Name,
            symbol switch
            {
                IMethodSymbol => "function",
                IPropertySymbol or IFieldSymbol { ContainingType.IsScriptClass: false } or IEventSymbol => "property",
                INamespaceSymbol => "module",
                ITypeSymbol => "class",
                _ => "instance",
            }
        );
}
