using System.Text.Json.Nodes;
using IResNet.Workbook.Notebooks;

namespace IResNet.Tests.Programs.Workbook.Running;

/// <summary>A folder for one test, with notebooks written into it.</summary>
internal sealed class NotebookFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("iresnet-").FullName;

    public string Out => System.IO.Path.Combine(Path, "out");

    public string File(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Writes a notebook.</summary>
    public string Notebook(string name, params Cell[] cells)
    {
        string path = File(name);
        var notebook = new Notebook();
        notebook.Cells.AddRange(cells);
        notebook.Save(path);
        return path;
    }

    public static Cell Code(string id, string source, params string[] tags) =>
        new(CellKind.Code, id, source)
        {
            Metadata =
                tags.Length == 0
                    ? []
                    : new JsonObject { ["tags"] = new JsonArray([.. tags.Select(tag => JsonValue.Create(tag))]) },
        };

    public static Cell Text(string id, string source) => new(CellKind.Markdown, id, source);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
