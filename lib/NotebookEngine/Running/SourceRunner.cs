using System.Diagnostics;
using System.Globalization;
using NotebookEngine.Cells;
using NotebookEngine.Formatting;
using NotebookEngine.References;
using NotebookEngine.Source;

namespace NotebookEngine.Running;

/// <summary>
/// Runs the text of a cell, or of a file that it loads: the directives first, then the parts in order.
/// </summary>
internal sealed class SourceRunner(ReferenceSet references, SubmissionChain chain)
{
    private readonly Dictionary<string, string> _texts = [];

    /// <summary>Name to text, of all that was run.</summary>
    public IReadOnlyDictionary<string, string> Texts => _texts;

    /// <summary>Runs a text on the calling thread.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">The name by which error messages call it.</param>
    /// <param name="baseDirectory">What its paths are relative to.</param>
    /// <param name="cell">The cell on whose behalf it runs.</param>
    /// <param name="language">The language that the text begins in; null for C#.</param>
    /// <returns>The value of the last expression of its last part.</returns>
    /// <exception cref="DirectiveException">A directive cannot be followed.</exception>
    public object? Run(string text, string name, string baseDirectory, CellContext cell, string? language) =>
        Run(text, name, baseDirectory, cell, language, []);

    private object? Run(
        string text,
        string name,
        string baseDirectory,
        CellContext cell,
        string? language,
        IReadOnlyList<string> loading
    )
    {
        _texts[name] = text;
        var source = CellSource.Parse(text, name, language);
        foreach (var directive in source.Directives)
        {
            try
            {
                Follow(directive, baseDirectory, cell, loading);
            }
            catch (DirectiveException e) when (e.Origin is null)
            {
                throw new DirectiveException(e.Message) { Origin = name, Line = directive.Line };
            }
        }
        var clock = source.Directives.Any(d => d is TimeDirective) ? new Stopwatch() : null;
        object? value = null;
        foreach (var part in source.Parts)
            value = part.Kind == PartKind.Code ? chain.Run(part, name, cell, clock) : Show(part, cell);
        if (clock is not null)
            cell.Output.Stream(
                StreamName.Stdout,
                string.Create(CultureInfo.InvariantCulture, $"Wall time: {clock.Elapsed.TotalMilliseconds:0.0} ms\n")
            );
        return value;
    }

    private void Follow(Directive directive, string baseDirectory, CellContext cell, IReadOnlyList<string> loading)
    {
        switch (directive)
        {
            case PackageSourceDirective source:
                references.AddSource(source.Address);
                break;
            case PackageDirective package:
                references.AddPackage(package.Id, package.Version, Warn, Inform, cell.CancellationToken);
                break;
            case ReferenceDirective reference:
                references.AddPath(reference.Path, baseDirectory, Warn);
                break;
            case LoadDirective load:
                Load(Path.GetFullPath(load.Path, baseDirectory), cell, loading);
                break;
            case WhoDirective who:
                cell.Output.Display(ValueFormatter.Format(Variables(who.WithValues)), displayId: null);
                break;
        }

        void Warn(string text) => cell.Output.Stream(StreamName.Stderr, text + "\n");

        void Inform(string text) => cell.Output.Stream(StreamName.Stdout, text + "\n");
    }

    private void Load(string path, CellContext cell, IReadOnlyList<string> loading)
    {
        if (loading.Contains(path))
            throw new DirectiveException($"{path} loads itself: {string.Join(" -> ", loading.Append(path))}.");
        foreach (var (name, code) in ImportedSource.Read(path))
            Run(code, name, Path.GetDirectoryName(path)!, cell, language: null, [.. loading, path]);
    }

    private object Variables(bool withValues)
    {
        var variables = chain.Variables.Select(v => new
        {
            v.Name,
            Type = v.Type.Name,
            v.Value,
        });
        return withValues ? variables.ToList() : variables.Select(v => v.Name).ToList();
    }

    private static object? Show(CellPart part, CellContext cell)
    {
        string mimeType = part.Kind == PartKind.Html ? MimeBundle.Html : MimeBundle.Markdown;
        cell.Output.Display(
            new MimeBundle { [mimeType] = part.Text, [MimeBundle.PlainText] = part.Text },
            displayId: null
        );
        return null;
    }
}
