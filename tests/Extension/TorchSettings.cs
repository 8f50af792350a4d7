[assembly: AssemblyFixture(typeof(Extension.TorchSettings))]
// Random streams and gradient modes of torch are process-wide.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Extension;

/// <summary>Once per run: what every program of ours does at start.</summary>
public sealed class TorchSettings
{
    public TorchSettings()
    {
        NativeRuntime.Configure(threads: 1);
    }
}
