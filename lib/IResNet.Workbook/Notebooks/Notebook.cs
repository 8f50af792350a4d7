using System.Text.Json.Nodes;
using NotebookEngine;

namespace IResNet.Workbook.Notebooks;

/// <summary>
/// A Jupyter notebook, nbformat 4. Files of 4.0 to 4.4 are read too and written as 4.5. An unchanged notebook that
/// Jupyter wrote is written back byte for byte.
/// </summary>
internal sealed class Notebook
{
    /// <summary>The oldest minor version that has cell ids, and what older notebooks are raised to.</summary>
    public const int MinorVersion = 5;

    public List<Cell> Cells { get; } = [];

    public JsonObject Metadata { get; init; } = [];

    /// <summary>The minor version to write: 5, or what a newer file said.</summary>
    public int Minor { get; init; } = MinorVersion;

    public IEnumerable<Cell> CodeCells => Cells.Where(cell => cell.Kind == CellKind.Code);

    /// <summary>The language of a code cell: its own, or else the notebook's; null where neither is said.</summary>
    public string? LanguageOf(Cell cell) => cell.Language ?? CellLanguage.OfNotebook(Metadata);

    /// <summary>Reads a notebook from the text of an .ipynb file.</summary>
    /// <exception cref="NotebookFormatException">The text is not JSON, or not a notebook of nbformat 4.</exception>
    public static Notebook Parse(string json) => NotebookReader.Read(json);

    /// <summary>Reads an .ipynb file, or a .dib file of Polyglot Notebooks.</summary>
    /// <exception cref="NotebookFormatException">The file is not a notebook of nbformat 4, or not in UTF-8; the message
    /// names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Notebook Load(string path)
    {
        try
        {
            string text = TextFile.Read(path);
            return DibFile.Is(path) ? DibNotebook.Read(text) : Parse(text);
        }
        catch (InvalidDataException e)
        {
            throw new NotebookFormatException(
                e.Message.StartsWith(path, StringComparison.Ordinal) ? e.Message : $"{path}: {e.Message}",
                e
            );
        }
        catch (NotebookFormatException e)
        {
            throw new NotebookFormatException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>The text of the .ipynb file, in the style of Jupyter's own writer.</summary>
    public string ToJson() => NotebookWriter.Write(this);

    /// <summary>Writes the file so that a crash leaves the old or the new one whole.</summary>
    public void Save(string path) => AtomicFile.WriteAllText(path, ToJson());
}
