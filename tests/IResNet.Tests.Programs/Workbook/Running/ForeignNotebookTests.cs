using System.Text;
using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Running;
using Xunit;
using static IResNet.Tests.Programs.Workbook.Running.NotebookFolder;

namespace IResNet.Tests.Programs.Workbook.Running;

/// <summary>Files of other kinds are named before anything runs, and no source is ever replaced.</summary>
public sealed class ForeignNotebookTests : IDisposable
{
    private readonly NotebookFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private IReadOnlyList<NotebookJob> Plan(string path, string? output = null) =>
        NotebookJob.Plan([path], output ?? _folder.Out, null, new Dictionary<string, string>(), null);

    private string Write(string name, string text)
    {
        File.WriteAllText(_folder.File(name), text);
        return _folder.File(name);
    }

    [Theory]
    [InlineData("{\"name\":\"python3\",\"language\":\"python\"}", "{}", "import math", "Python does not run here")]
    [InlineData("{\"name\":\".net-fsharp\",\"language\":\"F#\"}", "{}", "let x = 1", "F# does not run here")]
    [InlineData(
        "{}",
        "{\"polyglot_notebook\":{\"kernelName\":\"pwsh\"}}",
        "ls",
        "code cell 2: PowerShell does not run"
    )]
    [InlineData("{}", "{}", "#!fsharp\\nlet x = 1", "F# does not run here")]
    public void AnotherLanguageIsNamed(string kernel, string metadata, string source, string word)
    {
        string json = $$"""
            { "nbformat": 4, "metadata": { "kernelspec": {{kernel}} }, "cells": [
              { "cell_type": "code", "source": "1" },
              { "cell_type": "code", "metadata": {{metadata}}, "source": "{{source}}" } ] }
            """;
        Assert.Contains(word, Assert.Throws<UsageException>(() => Plan(Write("a.ipynb", json))).Message);
    }

    [Theory]
    [InlineData("""{ "nbformat": 3, "worksheets": [{ "cells": [] }], "metadata": {} }""", "nbformat 3")]
    [InlineData("""{ "nbformat": 2, "worksheets": [], "metadata": {} }""", "nbformat 3 or older")]
    [InlineData("#!meta\n{}\n#!csharp\n1", ".dib")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n", "git lfs pull")]
    [InlineData("", "empty")]
    public void AnotherFormatIsNamed(string text, string word) =>
        Assert.Contains(word, Assert.Throws<NotebookFormatException>(() => Plan(Write("a.ipynb", text))).Message);

    [Fact]
    public void AnotherEncodingIsRefusedAndADeclaredOneRead()
    {
        const string json =
            """{ "nbformat": 4, "metadata": {}, "cells": [{ "cell_type": "markdown", "source": "ä" }] }""";
        File.WriteAllBytes(_folder.File("latin.ipynb"), Encoding.Latin1.GetBytes(json));
        var error = Assert.Throws<NotebookFormatException>(() => Plan(_folder.File("latin.ipynb")));
        Assert.Contains("not utf-8 (byte 0xE4", error.Message);
        foreach (
            var encoding in new Encoding[]
            {
                Encoding.Unicode,
                Encoding.BigEndianUnicode,
                Encoding.UTF32,
                Encoding.UTF8,
            }
        )
        {
            File.WriteAllText(_folder.File("marked.ipynb"), json, encoding);
            Assert.Equal("ä", Notebook.Load(_folder.File("marked.ipynb")).Cells[0].Source);
        }
    }

    [Fact]
    public void ASkippedCellMayBeInAnyLanguage() =>
        Assert.Single(
            Plan(_folder.Notebook("a.ipynb", Code("c", "#!fsharp\nlet x = 1", "skip"), Text("t", "#!fsharp")))
        );

    [Fact]
    public void ADibIsANotebook()
    {
        var job = Plan(Write("a.dib", "#!meta\n\n{}\n\n#!markdown\n\n# T\n\n#!csharp\n\n1\n\n#!html\n\n<b>\n"))
            .Single();
        var notebook = Notebook.Load(job.Notebook);
        Assert.Equal("a.ipynb", Path.GetFileName(job.Output));
        Assert.Equal([CellKind.Markdown, CellKind.Code, CellKind.Code], notebook.Cells.Select(c => c.Kind));
        Assert.Equal("html", notebook.LanguageOf(notebook.Cells[2]));
        Assert.Equal(".net-csharp", (string?)notebook.Metadata["kernelspec"]!["name"]);
        _folder.Notebook("a.ipynb", Code("c", "1"));
        Assert.Throws<UsageException>(() =>
            NotebookJob.Plan(
                [job.Notebook, _folder.File("a.ipynb")],
                _folder.Out,
                null,
                new Dictionary<string, string>(),
                null
            )
        );
    }

    [Fact]
    public void ANotebookIsNeverReplacedByItsCopy()
    {
        string path = _folder.Notebook("a.ipynb", Code("c", "1"));
        Assert.Contains("itself", Assert.Throws<UsageException>(() => Plan(path, _folder.Path)).Message);
        Assert.Contains("itself", Assert.Throws<UsageException>(() => Plan(path, _folder.File("x", ".."))).Message);
        Assert.Single(Plan(path));
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        File.CreateSymbolicLink(_folder.File("linked"), _folder.Path);
        Assert.Contains("itself", Assert.Throws<UsageException>(() => Plan(path, _folder.File("linked"))).Message);
        Directory.CreateDirectory(_folder.Out);
        File.CreateSymbolicLink(_folder.File("out", "a.ipynb"), path);
        Assert.Contains("itself", Assert.Throws<UsageException>(() => Plan(path)).Message);
    }

    [Fact]
    public void TheOutputIsAFolder()
    {
        string path = _folder.Notebook("a.ipynb", Code("c", "1"));
        foreach (string? output in new[] { path, _folder.File("new.ipynb") })
            Assert.Contains("name the folder", Assert.Throws<UsageException>(() => Plan(path, output)).Message);
    }

    [Fact]
    public async Task APipeIsNamed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Named pipes are made with mkfifo.");
        using (var make = System.Diagnostics.Process.Start("mkfifo", [_folder.File("a.ipynb")]))
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        var writing = Task.Run(
            () => File.AppendAllText(_folder.File("a.ipynb"), "{}"),
            TestContext.Current.CancellationToken
        );
        Assert.Contains("pipe", Assert.Throws<NotebookFormatException>(() => Plan(_folder.File("a.ipynb"))).Message);
        await Task.WhenAny(writing);
    }
}
