using IResNet.Experiments.Configuration;
using TorchSharp;

namespace IResNet.Experiments.Runs;

/// <summary>Devices by name.</summary>
internal static class Devices
{
    /// <summary>cpu, cuda or cuda:N.</summary>
    /// <exception cref="ConfigurationException">There is no such device here.</exception>
    public static torch.Device Parse(string name)
    {
        string[] parts = name.Split(':');
        bool known =
            parts is ["cpu"] or ["cuda"]
            || (parts is ["cuda", var number] && int.TryParse(number, out int index) && index >= 0);
        if (!known)
            throw new ConfigurationException($"Device '{name}' is unknown: choose cpu, cuda or cuda:1.");
        if (parts[0] == "cuda" && !torch.cuda.is_available())
            throw new ConfigurationException(
                $"Device '{name}' is not available: this build or this machine has no CUDA. Choose cpu, or build with "
                    + "-p:TorchBackend=cuda."
            );
        return torch.device(name == "cuda" ? "cuda:0" : name);
    }
}
