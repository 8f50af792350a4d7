using System.IO.Compression;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NotebookEngine;
using Xunit;

namespace IResNet.Tests.Programs.NotebookEngine;

public sealed class DirectiveTests : EngineTest
{
    private readonly string _folder = Directory.CreateTempSubdirectory("engine-tests-").FullName;

    public DirectiveTests()
    {
        Engine.Dispose();
        Engine = new ScriptEngine(
            new EngineOptions
            {
                BaseDirectory = _folder,
                PackageAliases = new Dictionary<string, string> { ["TorchSharp-cpu"] = "TorchSharp" },
            }
        );
    }

    [Fact]
    public async Task LoadedScriptsShareTheState()
    {
        Write("lib/helper.csx", "#load \"inner.csx\"\nint Helped() => Inner() + 1;");
        Write("lib/inner.csx", "#!/usr/bin/env dotnet\nint Inner() => 41;\n\"not shown\"");
        await Value("#load \"lib/helper.csx\"");
        Assert.Equal(42, await Value("Helped()"));
        Assert.Single(Sink.Results);
    }

    [Fact]
    public async Task AnErrorInALoadedScriptNamesItsLine()
    {
        string path = Write("broken.csx", "var a = 1;\nvar b = nothing;");
        var error = await Error("#load \"broken.csx\"");
        Assert.Equal((path, 2), (error.Source, error.Line));
    }

    [Fact]
    public async Task ImportedNotebooksRunTheirCSharpCells()
    {
        Write(
            "other.ipynb",
            """
            { "cells": [
              { "cell_type": "markdown", "metadata": {}, "source": ["not code"] },
              { "cell_type": "code", "metadata": {}, "source": ["var one = 1;\n", "var two = one + 1;"] },
              { "cell_type": "code", "metadata": { "dotnet_interactive": { "language": "html" } }, "source": "<b>" },
              { "cell_type": "code", "source": "let x = 1",
                "metadata": { "tags": ["skip"], "dotnet_interactive": { "language": "fsharp" } } },
              { "cell_type": "code", "metadata": { "tags": ["skip-execution"] }, "source": "throw new Exception();" },
              { "cell_type": "code", "source": "var three = two + 1;",
                "metadata": { "polyglot_notebook": { "kernelName": "csharp" } } } ],
              "nbformat": 4, "nbformat_minor": 5, "metadata": {} }
            """
        );
        Assert.Equal(3, await Value("#!import \"other.ipynb\"\nthree"));
    }

    [Fact]
    public async Task WhatCannotBeLoadedIsToldWithItsLine()
    {
        Write("loop.csx", "#load \"loop.csx\"");
        Write("bad.ipynb", "{ \"cells\": 3 }");
        Assert.Contains("loads itself", (await Error("#load \"loop.csx\"")).Message, StringComparison.Ordinal);
        Assert.Contains("not a notebook", (await Error("#!import \"bad.ipynb\"")).Message, StringComparison.Ordinal);
        var error = await Error("\n#load \"missing.csx\"");
        Assert.Equal(("DirectiveError", "cell[3]", 2), (error.Name, error.Source, error.Line));
        Assert.Contains("missing.csx", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        """
            { "cells": [{ "cell_type": "code", "source": "1",
              "metadata": { "dotnet_interactive": { "language": "fsharp" } } }] }
            """,
        "F#"
    )]
    [InlineData(
        """
            { "cells": [{ "cell_type": "code", "source": "1" }],
              "metadata": { "kernelspec": { "name": "python3" } } }
            """,
        "Python"
    )]
    [InlineData("\u00ff", "not a notebook")]
    public async Task ANotebookThatWouldNotRunIsNotImported(string json, string word)
    {
        Write("foreign.ipynb", json);
        Assert.Contains(word, (await Error("#!import \"foreign.ipynb\"")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADibIsImported()
    {
        Write("other.dib", "#!meta\n\n{}\n\n#!csharp\n\nvar x = 77;\n\n#!markdown\n\n# T\n\n#!csharp\n\nx++;\n");
        Assert.Equal(78, await Value("#!import \"other.dib\"\nx"));
    }

    [Fact]
    public async Task AScriptThatIsNotUtf8IsRefused()
    {
        File.WriteAllBytes(Write("latin.csx", ""), [.. "var s = \""u8, 0xE4, .. "\";"u8]);
        Assert.Contains("not utf-8", (await Error("#load \"latin.csx\"")).Message, StringComparison.Ordinal);
        File.WriteAllText(Write("marked.csx", ""), "var s = \"ä\";", System.Text.Encoding.Unicode);
        Assert.Equal("ä", await Value("#load \"marked.csx\"\ns"));
    }

    [Fact]
    public async Task TheVariablesAreListed()
    {
        await Value("var b = 1; var a = new[] { 1, 2 };");
        await Value("var b = \"two\";");
        await Value("#!who");
        await Value("#!whos");
        Assert.Equal("[a, b]", Sink.Displays[0].Data["text/plain"]);
        Assert.Equal(
            "Name  Type     Value\na     Int32[]  [1, 2]\nb     String   two",
            Sink.Displays[1].Data["text/plain"]
        );
    }

    [Fact]
    public async Task TheTimeDoesNotCountTheCompilation()
    {
        // Alone in a new engine the compiler takes tens of milliseconds at least.
        await Value("#!time\nvar x = 1;");
        double shown = double.Parse(Sink.Printed.Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(shown, 0, 30);
        Sink = new RecordingSink();
        await Value("#!time\nThread.Sleep(200);\n#!html\n<b>\n#!csharp\nThread.Sleep(200);");
        shown = double.Parse(Sink.Printed.Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(shown, 395, 2000);
    }

    [Fact]
    public async Task TimeTellsTheWallTime()
    {
        Assert.Equal(3, await Value("#!time\n1 + 2"));
        Assert.Matches(@"^Wall time: \d+\.\d ms\n$", Sink.Printed);
    }

    [Fact]
    public async Task MarkdownAndHtmlAreShownAndCSharpGoesOn()
    {
        Assert.Equal(
            1,
            await Value(
                "var n = 1;\n#!markdown\n# It's a title\n#!fsharp is text here\n#!html\n<b>bold</b>\n#!csharp\nn"
            )
        );
        Assert.Equal("# It's a title\n#!fsharp is text here\n", Sink.Displays[0].Data["text/markdown"]);
        Assert.Equal("<b>bold</b>\n", Sink.Displays[1].Data["text/html"]);
        Assert.Equal(8, (await Error("var a = 1;\n#!html\n<b>\n#!csharp\n\n\n\nnothing;")).Line);
    }

    [Theory]
    [InlineData("#!fsharp\nlet x = 1", "F# does not run here")]
    [InlineData("#!nonsense", "#!nonsense is not known")]
    [InlineData("#!share x", "leave the line out")]
    [InlineData("#!set --name x --value 1", "var name = value;")]
    [InlineData("#!value --name x", "var name =")]
    [InlineData("#!import", "it needs a path")]
    [InlineData("#!import a b", "it needs a path")]
    [InlineData("#r \"nuget:\"", "names no package")]
    [InlineData("#r \"nuget: A, 1, 2\"", "names no package")]
    [InlineData("#r", "#r needs one argument")]
    [InlineData("#load a b", "#load needs one argument")]
    public async Task OtherDirectivesAreRefused(string code, string word)
    {
        var error = await Error(code);
        Assert.Equal("DirectiveError", error.Name);
        Assert.Contains(word, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatOnlyLooksLikeADirectiveIsLeftAlone()
    {
        Assert.Equal(
            1,
            await Value("/*\n#!fsharp\n*/\n#if false\n#!sql\n#r \"nuget: Nothing\"\n#endif\n#region a\n#endregion\n1")
        );
        Assert.Equal("#!html", await Value("var text = \"\"\"\n#!html\n\"\"\";\ntext"));
    }

    [Theory]
    [InlineData("#r \"nuget: TorchSharp-cpu/0.0.1\"")]
    [InlineData("#r \"nuget:TorchSharp-cpu@0.0.1\"")]
    [InlineData("#r nuget:TorchSharp-cpu,0.0.1")]
    public async Task APackageIsNamedInAnyOfTheUsualWays(string directive)
    {
        await Value($"{directive}\ntypeof(TorchSharp.torch).Assembly");
        Assert.Contains("0.0.1 was asked for", Sink.PrintedErrors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnExtensionMethodInAClassIsAdvised()
    {
        var error = await Error("static class Texts { public static string Loud(this string s) => s + \"!\"; }");
        Assert.Contains("at the top level of the cell", error.Message, StringComparison.Ordinal);
        await Value("static string Loud(this string s) => s + \"!\";");
        Assert.Equal("hey!", await Value("\"hey\".Loud()"));
    }

    [Fact]
    public async Task APackageOfTheHostIsTheHosts()
    {
        object? assembly = await Value("#r \"nuget: TorchSharp-cpu, 0.0.1\"\ntypeof(TorchSharp.torch).Assembly");
        Assert.Equal(typeof(TorchSharp.torch).Assembly, assembly);
        Assert.Contains("0.0.1 was asked for", Sink.PrintedErrors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAssemblyOfTheHostIsTheHostsLoadedCopy()
    {
        string copy = Path.Combine(_folder, "Markdig.dll");
        File.Copy(typeof(Markdig.Markdown).Assembly.Location, copy);
        Assert.Equal(
            typeof(Markdig.Markdown).Assembly,
            await Value("#r \"Markdig.dll\"\ntypeof(Markdig.Markdown).Assembly")
        );
        Assert.Equal("", Sink.PrintedErrors);

        // Another assembly under the name of the host's stands for a library that was built anew.
        Compile("NetMQ", "public class Newer {}", "bin/NetMQ.dll");
        Assert.Equal(
            typeof(NetMQ.NetMQConfig).Assembly,
            await Value("#r \"bin/NetMQ.dll\"\ntypeof(NetMQ.NetMQConfig).Assembly")
        );
        Assert.Contains("restart", Sink.PrintedErrors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAssemblyByPathIsLoadedOnceWithWhatLiesBesideIt()
    {
        string inner = Compile(
            "EngineTestInner",
            "public class Inner { public static int Value = 41; }",
            "bin/EngineTestInner.dll"
        );
        const string outer =
            "public static class Outer { public static int Next => ++Inner.Value; public static Inner Make() => "
            + "new(); }";
        Compile("EngineTestOuter", outer, "bin/EngineTestOuter.dll", inner);
        Assert.Equal(42, await Value("#r \"bin/EngineTestOuter.dll\"\nOuter.Next"));
        Assert.Equal("Inner", await Value("Outer.Make().GetType().Name"));
        Assert.Equal(42, await Value("#r \"bin/EngineTestInner.dll\"\nInner.Value"));
        Assert.Equal(true, await Value("Outer.Make() is Inner"));
        Assert.Equal(
            1,
            await Value("AppDomain.CurrentDomain.GetAssemblies().Count(a => a.GetName().Name == \"EngineTestInner\")")
        );
    }

    [Fact]
    public async Task WhatIsNoAssemblyIsRefused()
    {
        Write("text.dll", "no assembly");
        Assert.Contains("not a .NET assembly", (await Error("#r \"text.dll\"")).Message, StringComparison.Ordinal);
        Assert.Contains("There is no file", (await Error("#r \"none.dll\"")).Message, StringComparison.Ordinal);
        Assert.Equal(1, await Value("#r \"System.Numerics.dll\"\n#r \"not/built/Markdig.dll\"\n1"));
    }

    [Fact]
    public async Task APackageIsRestoredFromASourceThatTheCellNames()
    {
        // Never restored before, so never found in the package folder.
        string version = $"1.0.{Environment.TickCount64}";
        Pack("EngineTestPackage", version, "public static class Packed { public static string Word => \"packed\"; }");
        Assert.Equal(
            "packed",
            await Value($"#i \"nuget: {_folder}\"\n#r \"nuget: EngineTestPackage, {version}\"\nPacked.Word")
        );
        Assert.Equal($"Installed EngineTestPackage {version}\n", Sink.Printed);
        Directory.Delete(Path.Combine(PackageFolder, "enginetestpackage", version), recursive: true);
    }

    [Fact]
    public async Task APackageThatDoesNotExistIsTold()
    {
        var error = await Error("#i \"nuget: /nowhere/at/all\"\n#r \"nuget: Some.Package, 1.0.0\"");
        Assert.Equal(("DirectiveError", 2), (error.Name, error.Line));
        Assert.Contains("NU1301", error.Message, StringComparison.Ordinal);
    }

    private static string PackageFolder =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    private string Compile(string name, string code, string file, params string[] references)
    {
        string path = Write(file, "");
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var compilation = CSharpCompilation.Create(
            name,
            [CSharpSyntaxTree.ParseText(code, cancellationToken: TestContext.Current.CancellationToken)],
            references
                .Append(typeof(object).Assembly.Location)
                .Append(Path.Combine(framework, "System.Runtime.dll"))
                .Select(r => MetadataReference.CreateFromFile(r)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)
        );
        Assert.True(compilation.Emit(path, cancellationToken: TestContext.Current.CancellationToken).Success);
        return path;
    }

    private void Pack(string id, string version, string code)
    {
        string assembly = Compile(id, code, $"{id}.dll");
        using var package = ZipFile.Open(Path.Combine(_folder, $"{id}.{version}.nupkg"), ZipArchiveMode.Create);
        package.CreateEntryFromFile(assembly, $"lib/netstandard2.0/{id}.dll");
        using var specification = new StreamWriter(package.CreateEntry($"{id}.nuspec").Open());
        specification.Write(
            $"""
            <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata>
              <id>{id}</id><version>{version}</version><authors>tests</authors><description>For tests.</description>
            </metadata></package>
            """
        );
    }
}
