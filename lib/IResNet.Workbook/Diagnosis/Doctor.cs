using System.Runtime.InteropServices;
using IResNet.Experiments.Data;
using IResNet.Experiments.Data.Fetching;
using IResNet.Notebooks;
using TorchSharp;

namespace IResNet.Workbook.Diagnosis;

/// <summary>Looks at this machine: gathers what the checks judge.</summary>
internal static class Doctor
{
    /// <summary>All checks, each done when it is asked for.</summary>
    public static IEnumerable<Finding> Examine() =>
        new Func<IEnumerable<Finding>>[] { Dotnet, Torch, Machine, Data, Notebooks }.SelectMany(Guarded);

    /// <summary>A check that itself fails is a finding as well, and the others go on.</summary>
    internal static IEnumerable<Finding> Guarded(Func<IEnumerable<Finding>> checks)
    {
        var findings = new List<Finding>();
        try
        {
            foreach (var finding in checks())
                findings.Add(finding);
        }
        catch (Exception e)
        {
            findings.Add(
                Finding.Warning(
                    checks.Method.Name,
                    $"could not be examined: {e.Message}",
                    "report this with the message"
                )
            );
        }
        return findings;
    }

    private static IEnumerable<Finding> Dotnet()
    {
        yield return DotnetChecks.Sdk(
            Programs.OutputOf(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", "--list-sdks")
        );
        yield return DotnetChecks.Runtime(Environment.Version, RuntimeInformation.RuntimeIdentifier);
    }

    private static IEnumerable<Finding> Torch()
    {
        string? error = NativeTorch.LoadError();
        bool loads = error is null;
        yield return TorchChecks.Native(error, loads ? torch.__version__ : null, NativeTorch.LibstdcppDefinesVersion());
        yield return MachineChecks.Cultures(Globalization.HasCultures);
        yield return MachineChecks.Cpu(
            Environment.ProcessorCount,
            loads ? torch.get_num_threads() : null,
            NativeTorch.VectorInstructions()
        );
        if (!loads)
            yield break;
        bool hasDriver = Directory.Exists("/proc/driver/nvidia") || Programs.Find("nvidia-smi") is not null;
        yield return TorchChecks.Cuda(torch.cuda.is_available() ? torch.cuda.device_count() : 0, hasDriver);
        var (flushes, keeps, usesOneDnn) = NativeRuntime.Configure();
        yield return TorchChecks.Settings(flushes, keeps, usesOneDnn);
        yield return TorchChecks.Waiting(NativeRuntime.ChosenWaiting);
        yield return BackendChecks.Current();
    }

    private static IEnumerable<Finding> Machine()
    {
        // Knows the limit of a container; before the first collection it knows no load.
        GC.Collect();
        var memory = GC.GetGCMemoryInfo();
        yield return MachineChecks.Memory(
            Math.Max(0, memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes),
            memory.TotalAvailableMemoryBytes
        );
        foreach (
            var (use, folder) in new[]
            {
                ("data", DataFolder.DefaultRoot),
                ("runs", Path.GetFullPath("runs")),
                ("temporary", Path.GetTempPath()),
            }
        )
            yield return MachineChecks.Disk(use, folder, Folders.WhyNotWritable(folder), Folders.FreeSpace(folder));
    }

    private static IEnumerable<Finding> Data()
    {
        var folder = new DataFolder(DataFolder.DefaultRoot);
        foreach (var data in Catalogue.All)
        {
            string? source = null,
                damage = null;
            try
            {
                source = folder.Find(data)?.Source;
            }
            catch (DataFormatException e)
            {
                damage = e.Message;
            }
            yield return DataChecks.Installed(data.Name, source, damage);
        }
        yield return ProgramChecks.Npm(Programs.Find("npm"));
    }

    private static IEnumerable<Finding> Notebooks()
    {
        yield return ProgramChecks.Jupyter(Programs.Find("jupyter"));
        string program = Path.GetFileName(typeof(Doctor).Assembly.Location);
        yield return ProgramChecks.Kernel(KernelSpecFile.Find(KernelSpecFile.KernelsFolders(), program), File.Exists);
    }
}
