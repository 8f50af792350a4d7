using System.Text.Json.Nodes;
using IResNet.Workbook.Commands;
using IResNet.Workbook.Jupyter;
using Xunit;

namespace IResNet.Tests.Programs.Workbook.Jupyter;

public sealed class KernelInstallTests
{
    private const string Ports =
        """ "ip": "127.0.0.1", "shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5 """;

    private readonly string _prefix = Directory.CreateTempSubdirectory("kernel-install-").FullName;

    private int Install(params string[] options) =>
        KernelCommand
            .Create()
            .Parse(["install", "--prefix", _prefix, .. options])
            .Invoke(new() { Output = TextWriter.Null, Error = TextWriter.Null });

    private JsonNode? Specification(string name)
    {
        string file = Path.Combine(_prefix, "share", "jupyter", "kernels", name, "kernel.json");
        return File.Exists(file) ? JsonNode.Parse(File.ReadAllText(file)) : null;
    }

    private void WriteOthers(string name)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_prefix, "share", "jupyter", "kernels", name)).FullName;
        File.WriteAllText(Path.Combine(folder, "kernel.json"), """{ "argv": ["other"] }""");
    }

    [Fact]
    public void InstallsUnderItsOwnNameAndTheOneNotebooksAskFor()
    {
        Assert.Equal(0, Install());
        foreach (string? name in new[] { "iresnet", ".net-csharp" })
        {
            var specification = Specification(name);
            string[]? arguments = specification?["argv"]?.AsArray().Select(a => (string)a!).ToArray();
            Assert.NotNull(arguments);
            Assert.True(File.Exists(arguments[0]) && File.Exists(arguments[1]));
            Assert.EndsWith("IResNet.Workbook.dll", arguments[1], StringComparison.Ordinal);
            Assert.Equal(["kernel", "jupyter", "{connection_file}"], arguments[2..]);
            Assert.Equal("message", (string?)specification?["interrupt_mode"]);
        }
        Assert.Equal(0, Install());
    }

    [Fact]
    public void AnotherProgramsKernelsAreLeftAloneUnlessForced()
    {
        WriteOthers(".net-csharp");
        WriteOthers("taken");
        Assert.Equal(0, Install());
        Assert.Equal("other", (string?)Specification(".net-csharp")?["argv"]?[0]);
        Assert.Equal(1, Install("--name", "taken"));
        Assert.Equal("other", (string?)Specification("taken")?["argv"]?[0]);
        Assert.Equal(0, Install("--name", "taken", "--force"));
        Assert.NotEqual("other", (string?)Specification("taken")?["argv"]?[0]);
        Assert.NotEqual("other", (string?)Specification(".net-csharp")?["argv"]?[0]);
    }

    [Theory]
    [InlineData("--name", "../elsewhere")]
    [InlineData("--name", "")]
    [InlineData("--name", "..")]
    [InlineData("--user")]
    public void BadOptionsAreRefused(params string[] options) => Assert.NotEqual(0, Install(options));

    [Theory]
    [InlineData("not json", "not a Jupyter connection file")]
    [InlineData("{}", "not a Jupyter connection file")]
    [InlineData("null", "not a Jupyter connection file")]
    [InlineData($$"""{ "transport": "ipc", {{Ports}} }""", "ipc")]
    [InlineData($$"""{ "transport": "tcp", {{Ports}}, "key": "k", "signature_scheme": "hmac-md5" }""", "hmac-md5")]
    public void ABadConnectionFileIsRefusedWithAWord(string text, string word)
    {
        string file = Path.Combine(_prefix, "connection.json");
        File.WriteAllText(file, text);
        Assert.Contains(
            word,
            Assert.Throws<InvalidDataException>(() => ConnectionInfo.Read(file)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void AnAddressThatCannotBeBoundIsRefusedWithAWord()
    {
        var connection = new ConnectionInfo
        {
            Transport = "tcp",
            Ip = "no such address",
            ShellPort = 1,
        };
        var error = Assert.Throws<InvalidDataException>(() => new KernelSockets(connection));
        Assert.Contains("cannot be bound", error.Message, StringComparison.Ordinal);
    }
}
