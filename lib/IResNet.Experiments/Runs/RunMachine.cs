using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;

namespace IResNet.Experiments.Runs;

/// <summary>
/// What a run's bits depend on beside its configuration: equal machines, devices and thread counts give equal runs.
/// </summary>
public sealed record RunMachine
{
    /// <summary>cpu, or cuda:0.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Threads of libtorch's operations.</summary>
    public int Threads { get; init; }

    /// <summary>Processes that trained together.</summary>
    public int Ranks { get; init; } = 1;

    /// <summary>The host's name.</summary>
    public string Host { get; init; } = "";

    /// <summary>The processor's architecture and the number of its cores.</summary>
    public string Processor { get; init; } = "";

    /// <summary>Operating system.</summary>
    public string System { get; init; } = "";

    /// <summary>.NET and libtorch.</summary>
    public string Runtime { get; init; } = "";

    /// <summary>The commit that this program was built from.</summary>
    public string Commit { get; init; } = "";

    /// <summary>What computed, for people.</summary>
    internal string Computing => $"{Threads} threads on {Device} ({Processor}){(Ranks > 1 ? $", {Ranks} ranks" : "")}";

    /// <summary>This one.</summary>
    public static RunMachine Here(torch.Device device) =>
        new()
        {
            Device = device.ToString(),
            Threads = torch.get_num_threads(),
            Host = Environment.MachineName,
            Processor = $"{RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} cores",
            System = RuntimeInformation.OSDescription,
            Runtime =
                $"{RuntimeInformation.FrameworkDescription}, TorchSharp {typeof(torch).Assembly.GetName().Version}",
            Commit = typeof(RunMachine)
                .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
                ?.InformationalVersion.Split('+')
                is [_, var commit]
                ? commit
                : "unknown",
        };
}
