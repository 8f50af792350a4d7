using System.Diagnostics;

namespace IResNet.Tests.Backends;

/// <summary>What only a process of its own can try: the environment's choice, and a processor with shorter
/// vectors.</summary>
public class ChildProcessTests
{
    /// <summary>The properties hold where the processor has no vectors of sixteen floats, or of eight.</summary>
    [Theory]
    [InlineData("DOTNET_EnableAVX512", nameof(VectorWidthTests.EightFloats))]
    [InlineData("DOTNET_EnableAVX2", nameof(VectorWidthTests.FourFloats))]
    public async Task PropertiesHoldWithShorterVectors(string variable, string width)
    {
        var (code, output) = await Run(
            new ProcessStartInfo(
                "dotnet",
                [
                    typeof(ChildProcessTests).Assembly.Location,
                    "-noColor",
                    .. Methods(
                        typeof(BackendPropertyTests),
                        nameof(BackendPropertyTests.StepsAndTheirGradients),
                        nameof(BackendPropertyTests.LogDeterminantsAreThoseOfTheJacobian),
                        nameof(BackendPropertyTests.NothingIsLeftBehind)
                    ),
                    .. Methods(typeof(VectorWidthTests), width),
                ]
            ),
            (variable, "0")
        );
        Assert.True(code == 0, output);
        Assert.Matches(@"Total: \d{3}, Errors: 0, Failed: 0, Skipped: 0", output);
    }

    [Fact]
    public async Task TheDoctorNamesTheBackend()
    {
        var (_, output) = await Run(ProgramStart.Of("doctor"), (IResNet.Backends.Variable, "reference"));
        Assert.Contains("IRESNET_BACKEND=reference", output);
        Assert.Contains("step by reference", output);
    }

    [Fact]
    public async Task AnUnknownNameIsAnErrorThatListsTheKnownOnes()
    {
        var (_, output) = await Run(ProgramStart.Of("doctor"), (IResNet.Backends.Variable, "gpu"));
        Assert.Contains("IRESNET_BACKEND=gpu names no backend. There are: reference, cpu.", output);
    }

    private static IEnumerable<string> Methods(Type type, params string[] names) =>
        names.SelectMany(name => new[] { "-method", $"{type.FullName}.{name}" });

    private static async Task<(int code, string output)> Run(
        ProcessStartInfo start,
        params (string Name, string Value)[] environment
    )
    {
        (start.RedirectStandardOutput, start.RedirectStandardError, start.RedirectStandardInput) = (true, true, true);
        // What this process was started with is not the child's affair.
        start.Environment.Remove(IResNet.Backends.Variable);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var cancel = TestContext.Current.CancellationToken;
        var (output, errors) = (
            process.StandardOutput.ReadToEndAsync(cancel),
            process.StandardError.ReadToEndAsync(cancel)
        );
        await process.WaitForExitAsync(cancel);
        return (process.ExitCode, await output + await errors);
    }
}
