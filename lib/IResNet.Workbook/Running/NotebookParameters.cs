using IResNet.Workbook.Notebooks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using NotebookEngine;

namespace IResNet.Workbook.Running;

/// <summary>
/// Parameters by papermill's convention: a cell tagged <c>parameters</c> declares variables with their defaults, and a
/// cell tagged <c>injected-parameters</c> right after it assigns the values of this run.
/// </summary>
internal sealed class NotebookParameters
{
    private const string ParametersTag = "parameters";
    private const string InjectedTag = "injected-parameters";

    private static readonly CSharpParseOptions Script = new(kind: SourceCodeKind.Script);

    private readonly Notebook _notebook;
    private readonly int _cell;
    private readonly Dictionary<string, FieldDeclarationSyntax> _declared = [];

    /// <summary>Reads what a notebook declares; nothing where it has no cell with the tag.</summary>
    public NotebookParameters(Notebook notebook)
    {
        _notebook = notebook;
        _cell = notebook.Cells.FindIndex(cell => cell.Kind == CellKind.Code && cell.HasTag(ParametersTag));
        if (_cell < 0 || CodeNesting.IsTooDeep(notebook.Cells[_cell].Source))
            return;
        var fields = CSharpSyntaxTree
            .ParseText(notebook.Cells[_cell].Source, Script)
            .GetRoot()
            .ChildNodes()
            .OfType<FieldDeclarationSyntax>();
        foreach (var field in fields)
        {
            foreach (var variable in field.Declaration.Variables)
                _declared[variable.Identifier.ValueText] = field;
        }
    }

    /// <summary>The names that may be set.</summary>
    public IReadOnlyCollection<string> Names => _declared.Keys;

    /// <summary>
    /// Adds the cell that assigns the values, in place of one that an earlier run left. No values, no cell.
    /// </summary>
    /// <param name="values">Name to value as written on the command line.</param>
    /// <exception cref="UsageException">A name is not declared, or a value does not fit its declared type.</exception>
    public void Inject(IReadOnlyDictionary<string, string> values)
    {
        if (values.Count == 0)
            return;
        var lines = values.Select(value => Assignment(value.Key, value.Value));
        _notebook.Cells.RemoveAll(cell => cell.HasTag(InjectedTag));
        _notebook.Cells.Insert(
            _cell + 1,
            new Cell(CellKind.Code, InjectedTag, "// Parameters of this run\n" + string.Join('\n', lines))
            {
                Metadata = new() { ["tags"] = new System.Text.Json.Nodes.JsonArray(InjectedTag) },
            }
        );
    }

    /// <summary>A constant cannot be assigned: it is declared again, and later cells see the new one.</summary>
    private string Assignment(string name, string value)
    {
        if (!_declared.TryGetValue(name, out var field))
            throw new UsageException(UnknownName(name, Names));
        var fixedOnce = field.Modifiers.Where(m => m.Kind() is SyntaxKind.ConstKeyword or SyntaxKind.ReadOnlyKeyword);
        string declared = fixedOnce.Any() ? $"{string.Join(' ', fixedOnce)} {field.Declaration.Type} " : "";
        return $"{declared}{name} = {Literal(name, value, field.Declaration)};";
    }

    private static string Literal(string name, string value, VariableDeclarationSyntax declaration)
    {
        var initializer = declaration
            .Variables.First(variable => variable.Identifier.ValueText == name)
            .Initializer?.Value;
        string type = ParameterLiteral.TypeOf(declaration.Type, initializer);
        return ParameterLiteral.Create(type, value)
            ?? throw new UsageException($"Parameter {name} is declared as {type}, and \"{value}\" is not one.");
    }

    /// <summary>Says that no parameter has the name, and which might have been meant.</summary>
    public static string UnknownName(string name, IReadOnlyCollection<string> names) =>
        names.Count == 0
            ? $"There is no parameter {name}: no cell is tagged \"{ParametersTag}\"."
            : $"There is no parameter {name}. {Experiments.Configuration.Names.Advice(name, names)}";
}
