using System.Diagnostics;
using IResNet.Workbook.Diagnosis;
using Spectre.Console;
using Xunit;
using static IResNet.Workbook.Diagnosis.Programs;

namespace IResNet.Tests.Programs.Workbook.Diagnosis;

public sealed class DoctorTests : IDisposable
{
    private static readonly Finding Fine = Finding.Ok("a", "fine");
    private static readonly Finding Slow = Finding.Warning("b", "[slow]", "wait");
    private static readonly Finding Broken = Finding.Fault("c", "broken", "mend");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>
    /// In a process of its own: the doctor makes the library's native settings, which other tests must not inherit.
    /// </summary>
    [Fact]
    public async Task ThisMachineIsExaminedAndLibtorchLoads()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "IResNet.Workbook.dll");
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", [program, "doctor"]) { RedirectStandardOutput = true }
        )!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));

        string[] lines = (await process.StandardOutput.ReadToEndAsync(limit.Token)).Split(
            '\n',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries
        );
        await process.WaitForExitAsync(limit.Token);

        Assert.Contains(lines, line => line.StartsWith("ok       libtorch ", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("could not be examined"));
        Assert.All(lines[..^1], line => Assert.Matches("^(ok|warning|fault) ", line));
        Assert.Equal(lines.Any(line => line.StartsWith("fault", StringComparison.Ordinal)) ? 1 : 0, process.ExitCode);
    }

    /// <summary>
    /// A libtorch need not lie beside the program: what the system's loader finds, by LD_LIBRARY_PATH or where its own
    /// libraries are, loads for TorchSharp too.
    /// </summary>
    [Fact]
    public void LibrariesOfTheSystemsLoaderAreFound()
    {
        string library =
            OperatingSystem.IsWindows() ? "kernel32"
            : OperatingSystem.IsMacOS() ? "libSystem.dylib"
            : "libm.so.6";
        Assert.Null(NativeTorch.LoadError(library));
        Assert.Contains("no_such_library", NativeTorch.LoadError(library, "no_such_library"));
    }

    [Fact]
    public void ACheckThatFailsIsAFindingItself()
    {
        static IEnumerable<Finding> Failing()
        {
            yield return Fine;
            throw new IOException("no such device");
        }
        var findings = Doctor.Guarded(Failing).ToList();
        Assert.Equal(Fine, findings[0]);
        Assert.Contains("no such device", findings[1].Message);
    }

    [Fact]
    public void PlainLinesSayVerdictAndRemedy()
    {
        var (text, code) = Write(interactive: false, Fine, Slow, Broken);
        Assert.Equal(1, code);
        Assert.Equal(
            [
                "ok       a              fine",
                "warning  b              [slow] -> wait",
                "fault    c              broken -> mend",
                "3 checks: 1 fault, 1 warning.",
            ],
            text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        );
    }

    [Fact]
    public void ATerminalGetsATable()
    {
        var (text, code) = Write(interactive: true, Fine, Slow);
        Assert.Equal(0, code);
        Assert.Contains("│", text);
        Assert.Contains("[slow]", text);
    }

    [Fact]
    public void KernelspecsThatStartTheProgramAreFound()
    {
        Spec("ours", """{ "argv": ["dotnet", "/app/Ours.dll", "kernel", "{connection_file}"] }""");
        Spec("python", """{ "argv": ["python3", "-m", "ipykernel"] }""");
        Spec("broken", "{");
        Spec("odd", """{ "argv": 3 }""");
        Spec("first/shadowed", """{ "argv": ["python3"] }""");
        Spec("shadowed", """{ "argv": ["/app/Ours.dll"] }""");
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "empty"));

        var found = KernelSpecFile.Find(
            [Path.Combine(_folder.FullName, "first"), "/no/such/folder", _folder.FullName],
            "Ours.dll"
        );

        Assert.Equal([new KernelSpecFile("ours", Path.Combine(_folder.FullName, "ours"), "/app/Ours.dll")], found);
    }

    [Fact]
    public void ProgramsAreLookedForInPathAndRun()
    {
        Assert.NotNull(Find("dotnet"));
        Assert.Null(Find("no-such-program"));
        Assert.Null(OutputOf("no-such-program", "--version"));
        Assert.Matches(@"^\d+\.\d+", OutputOf("dotnet", "--version"));
    }

    private static (string Text, int Code) Write(bool interactive, params Finding[] findings)
    {
        using var writer = new StringWriter();
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(writer),
                Ansi = AnsiSupport.No,
                Interactive = interactive ? InteractionSupport.Yes : InteractionSupport.No,
            }
        );
        int code = Report.Write(findings, console);
        return (writer.ToString(), code);
    }

    private void Spec(string name, string json)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, name)).FullName;
        File.WriteAllText(Path.Combine(folder, "kernel.json"), json);
    }
}
