using System.Text.Json.Nodes;
using IResNet.Workbook.Notebooks;
using Xunit;

namespace IResNet.Tests.Programs.Workbook.Notebooks;

public class NotebookTests
{
    private static Notebook Everything()
    {
        var code = new Cell(
            CellKind.Code,
            "code-1",
            "var x = 1;\r\n// π ∈ ℝ, 🎲, \"quoted\" \\ \t tab\fform\u2028line\n\nx"
        )
        {
            Metadata = new JsonObject
            {
                ["tags"] = new JsonArray("parameters"),
                ["dotnet_interactive"] = new JsonObject { ["language"] = "csharp" },
            },
            ExecutionCount = 1,
        };
        code.Outputs.Add(new StreamOutput("stdout", "one\ntwo\u001b[0m\n"));
        code.Outputs.Add(
            new DisplayOutput(
                new JsonObject
                {
                    ["image/png"] = "iVBORw0KGgo=\n",
                    ["text/html"] = "<b>\nü</b>",
                    ["image/svg+xml"] = "<svg>\n</svg>",
                    [MimeTypes.Plotly] = new JsonObject
                    {
                        ["z"] = new JsonArray(1, 2.5, 1e-7, true, null),
                        ["a"] = new JsonObject(),
                    },
                }
            )
        );
        code.Outputs.Add(
            new DisplayOutput(new JsonObject { ["text/plain"] = "1" }) { IsResult = true, ExecutionCount = 1 }
        );
        code.Outputs.Add(new ErrorOutput("System.Exception", "no", ["a", "b\nc"]));
        return new Notebook
        {
            Metadata = new JsonObject
            {
                ["kernelspec"] = NotebookMetadata.KernelSpec,
                ["language_info"] = NotebookMetadata.LanguageInfo,
            },
            Cells =
            {
                new Cell(CellKind.Markdown, "text", "# Title\n![](attachment:a.png)")
                {
                    Attachments = new JsonObject { ["a.png"] = new JsonObject { ["image/png"] = "AAAA" } },
                },
                code,
                new Cell(CellKind.Raw, "raw", ""),
                new Cell(CellKind.Code, "empty", ""),
            },
        };
    }

    [Fact]
    public void Jupyter_writes_what_we_write_byte_for_byte()
    {
        string json = Everything().ToJson();

        Assert.Equal(json, NbFormat.ValidateAndRewriteText(json));
    }

    [Fact]
    public void Rewriting_an_unchanged_notebook_changes_nothing()
    {
        string json = Everything().ToJson();

        Assert.Equal(json, Notebook.Parse(json).ToJson());
    }

    [Fact]
    public void Numbers_keep_their_digits()
    {
        string json = Everything()
            .ToJson()
            .Replace("2.5,", "2.50000000000000000001,\n        1.0,", StringComparison.Ordinal);

        Assert.Equal(json, Notebook.Parse(json).ToJson());
    }

    [Fact]
    public void The_style_is_Jupyters()
    {
        var notebook = new Notebook { Cells = { new Cell(CellKind.Code, "a", "α\nβ") } };

        Assert.Equal(
            """
            {
             "cells": [
              {
               "cell_type": "code",
               "execution_count": null,
               "id": "a",
               "metadata": {},
               "outputs": [],
               "source": [
                "α\n",
                "β"
               ]
              }
             ],
             "metadata": {},
             "nbformat": 4,
             "nbformat_minor": 5
            }

            """,
            notebook.ToJson()
        );
    }

    [Fact]
    public void Older_notebooks_get_the_same_ids_every_time()
    {
        const string Old = """
            { "nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": [
              { "cell_type": "code", "metadata": {}, "source": "1+1", "execution_count": null, "outputs": [] },
              { "cell_type": "markdown", "metadata": {}, "source": ["a\n", "b"], "id": "not valid!" },
              { "cell_type": "markdown", "metadata": {}, "source": "", "id": "same" },
              { "cell_type": "markdown", "metadata": {}, "source": "", "id": "same" } ] }
            """;

        var notebook = Notebook.Parse(Old);

        Assert.Equal(["cell-1", "cell-2", "same", "cell-4"], notebook.Cells.Select(cell => cell.Id));
        Assert.Equal("a\nb", notebook.Cells[1].Source);
        Assert.Equal(notebook.ToJson(), Notebook.Parse(Old).ToJson());
        Assert.Equal(notebook.ToJson(), NbFormat.ValidateAndRewriteText(notebook.ToJson()));
    }

    [Theory]
    [InlineData("", "not a notebook")]
    [InlineData("[]", "the file is not a JSON object")]
    [InlineData("{}", "no nbformat")]
    [InlineData("""{"nbformat": 3, "cells": []}""", "nbformat 3 is not read here")]
    [InlineData("""{"nbformat": 4}""", "no cells")]
    [InlineData("""{"nbformat": 4, "cells": [null]}""", "a cell is not")]
    [InlineData("""{"nbformat": 4, "cells": [{"cell_type": "heading"}]}""", "heading")]
    [InlineData("""{"nbformat": 4, "cells": [{"cell_type": "code", "source": 5}]}""", "not a valid notebook")]
    [InlineData("""{"nbformat": 4, "cells": [{"cell_type": "code", "metadata": []}]}""", "metadata")]
    [InlineData("""{"nbformat": 4, "cells": [{"cell_type": "code", "outputs": [null]}]}""", "an output is not")]
    [InlineData(
        """{"nbformat": 4, "cells": [{"cell_type": "code", "execution_count": 1.5}]}""",
        "not a valid notebook"
    )]
    [InlineData(
        """{"nbformat": 4, "cells": [{"cell_type": "markdown", "attachments": {"a.png": null}}]}""",
        "a.png is not"
    )]
    [InlineData(
        """{"nbformat": 4, "cells": [{"cell_type": "code", "outputs": [{"output_type": "x"}]}]}""",
        "output_type"
    )]
    [InlineData("""{"nbformat": 4, "nbformat": 4, "cells": []}""", "not a notebook")]
    public void Anything_else_is_a_format_error_that_says_what_is_wrong(string json, string word) =>
        Assert.Contains(word, Assert.Throws<NotebookFormatException>(() => Notebook.Parse(json)).Message);

    [Fact]
    public void A_format_error_names_the_file()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, "{}");

        Assert.Contains(path, Assert.Throws<NotebookFormatException>(() => Notebook.Load(path)).Message);
        File.Delete(path);
    }

    [Fact]
    public void Saving_replaces_the_file_whole_and_leaves_no_other()
    {
        var folder = Directory.CreateTempSubdirectory();
        string path = Path.Combine(folder.FullName, "a.ipynb");
        File.WriteAllText(path, "old");

        Everything().Save(path);

        Assert.Equal(Everything().ToJson(), File.ReadAllText(path));
        Assert.Equal(["a.ipynb"], folder.GetFiles().Select(file => file.Name));
        folder.Delete(recursive: true);
    }
}
