[assembly: Xunit.AssemblyFixture(typeof(IResNet.Tests.TorchFixture))]
// Random streams and gradient modes of torch are process-wide, and libtorch's own threads use both cores.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]

namespace IResNet.Tests;

/// <summary>
/// Once per run: the native settings of every program of ours, and one thread, which is faster on small tensors.
/// </summary>
public sealed class TorchFixture
{
    public TorchFixture()
    {
        NativeRuntime.Configure(threads: 1);
    }
}
