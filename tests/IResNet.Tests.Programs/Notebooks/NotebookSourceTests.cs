using System.Collections.Immutable;
using IResNet.Workbook.Notebooks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.Scripting;
using Xunit;

namespace IResNet.Tests.Programs.Notebooks;

/// <summary>
/// Every cell of every notebook compiles with what .NET Interactive gives a cell, and no more: so it does in each host.
/// </summary>
public class NotebookSourceTests
{
    private const string Library = """#r "../lib/IResNet.Workbook/bin/Release/net10.0/IResNet.Notebooks.dll" """;

    // The kernel's sixth import holds these functions, among others that notebooks must not use.
    private const string KernelFunctions = """
        object display(object value, params string[] mimeTypes) => value;
        object HTML(string content) => content;
        """;

    // What a cell sees of the library: not the program that may run it.
    private static readonly string[] Unseen = ["IResNet.Workbook", "NotebookEngine", "IResNet.Tests"];

    private static readonly Lazy<ImmutableArray<MetadataReference>> References = new(() =>
        [
            .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
                .Split(Path.PathSeparator)
                .Where(path => !Unseen.Contains(Path.GetFileNameWithoutExtension(path)))
                .Select(path => (MetadataReference)MetadataReference.CreateFromFile(path)),
        ]
    );

    public static TheoryData<string> Names =>
        [.. Directory.EnumerateFiles(Folder, "*.ipynb").Select(path => Path.GetFileName(path)).Order()];

    private static string Folder => Path.Combine(Repository.Root, "notebooks");

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryCellCompilesWithTheImportsOfDotnetInteractive(string name) =>
        Assert.Empty(Errors(CodeCells(name)));

    [Theory]
    [InlineData("await Task.Delay(1, CancellationToken);", "CS0103")] // our engine's own name for the token
    [InlineData("File.Exists(\"x\")", "CS0103")] // our engine imports System.IO
    [InlineData("clear_output();", "CS0103")]
    [InlineData("IResNet.Workbook.Program.Main();", "CS0234")]
    public void WhatOnlyOneHostKnowsDoesNot(string code, string error) =>
        Assert.Contains(Errors([Library, code]), found => found.Contains(error, StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void TheFirstCellNamesTheLibraryAndBegins(string name)
    {
        var cells = CodeCells(name);
        string[] first = cells[0].Split('\n');
        Assert.Equal(Library.Trim(), first[0]);
        Assert.Contains("Cell.Begin();", first);
        Assert.All(cells.Skip(1).SelectMany(cell => cell.Split('\n')), line =>
            Assert.False(line.StartsWith('#') || line.StartsWith("using System"), line)
        );
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void NoLineOfACellIsLongerThanAScreen(string name) =>
        Assert.DoesNotContain(CodeCells(name).SelectMany(cell => cell.Split('\n')), line => line.Length > 110);

    private static List<string> CodeCells(string name) =>
        [
            .. NotebookReader
                .Read(File.ReadAllText(Path.Combine(Folder, name)))
                .Cells.Where(cell => cell.Kind == CellKind.Code)
                .Select(cell => cell.Source),
        ];

    /// <summary>What the compiler finds in cells that follow on each other, up to the first error.</summary>
    internal static List<string> Errors(IEnumerable<string> cells)
    {
        var options = ScriptOptions
            .Default.WithLanguageVersion(LanguageVersion.CSharp14)
            .WithReferences(References.Value)
            .WithImports(
                "System",
                "System.Text",
                "System.Collections",
                "System.Collections.Generic",
                "System.Threading.Tasks",
                "System.Linq"
            );
        Script script = CSharpScript.Create(KernelFunctions, options);
        var errors = new List<string>();
        foreach (string cell in cells)
        {
            // What earlier cells had is inherited.
            script = script.ContinueWith(
                cell.Replace("#r ", "//#r "),
                ScriptOptions
                    .Default.WithLanguageVersion(LanguageVersion.CSharp14)
                    .WithReferences(Enumerable.Empty<MetadataReference>())
                    .WithImports()
            );
            errors.AddRange(
                script
                    .GetCompilation()
                    .GetDiagnostics()
                    .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
                    .Select(diagnostic => diagnostic.ToString())
            );
            if (errors.Count > 0)
                break; // what follows would only say that this cell is missing
        }
        return errors;
    }
}
