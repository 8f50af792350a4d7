using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NotebookEngine.Running;
using NotebookEngine.Source;

namespace NotebookEngine.Language;

/// <summary>
/// Answers an editor's questions about code that is being written, as it would compile after the cells run so far.
/// Positions count UTF-16 units. Nothing is run.
/// </summary>
public sealed class LanguageService
{
    private readonly SubmissionChain _chain;

    internal LanguageService(SubmissionChain chain) => _chain = chain;

    /// <summary>What may stand at a position.</summary>
    public CompletionList Complete(string code, int position)
    {
        position = Math.Clamp(position, 0, code.Length);
        return DirectiveCompletion.TryComplete(code, position) ?? new Completer(ModelOf(code), position).Complete();
    }

    /// <summary>
    /// The signature and the documentation of what stands at a position; null where nothing is known.
    /// </summary>
    public string? Inspect(string code, int position) =>
        new Inspector(ModelOf(code), Math.Clamp(position, 0, code.Length)).Inspect();

    /// <summary>Whether code can be run as it stands.</summary>
    public Completeness IsComplete(string code)
    {
        var tree = CSharpSyntaxTree.ParseText(CellSource.CodeOf(code), CellSource.ParseOptions);
        if (!SyntaxFactory.IsCompleteSubmission(tree))
            return Completeness.Incomplete;
        return tree.GetDiagnostics().Any(d => d.Severity == DiagnosticSeverity.Error)
            ? Completeness.Invalid
            : Completeness.Complete;
    }

    private SemanticModel ModelOf(string code)
    {
        var compilation = _chain.Compile(CellSource.CodeOf(code));
        return compilation.GetSemanticModel(compilation.SyntaxTrees.Single());
    }
}

/// <summary>Whether code can be run as it stands.</summary>
public enum Completeness
{
    /// <summary>It can.</summary>
    Complete,

    /// <summary>Something is still open: a brace, a string, a statement.</summary>
    Incomplete,

    /// <summary>No continuation could make it right.</summary>
    Invalid,
}

/// <summary>What may replace a stretch of code.</summary>
/// <param name="Start">Where the stretch begins.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Items">The candidates, likely ones first.</param>
public sealed record CompletionList(int Start, int End, IReadOnlyList<CompletionItem> Items);

/// <summary>A candidate.</summary>
/// <param name="Text">What to write.</param>
/// <param name="Kind">What it is, in a word that editors have icons for: <c>function</c>, <c>property</c>, <c>class</c>
/// …</param>
public sealed record CompletionItem(string Text, string Kind);
