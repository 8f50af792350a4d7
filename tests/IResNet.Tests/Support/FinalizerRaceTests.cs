using System.Diagnostics;

namespace IResNet.Tests;

/// <summary>
/// The build makes TorchSharp keep its arguments alive during native calls (build/TorchNative.targets). Without that, a
/// collection that another thread starts frees Scalars in use: seven failures in a hundred thousand additions beside a
/// thread that collects, and a crash in each of two trainings of MNIST.
/// </summary>
public class FinalizerRaceTests
{
    [Fact]
    public void TorchSharpIsCompiledWithoutOptimizations() =>
        Assert.True(
            typeof(Tensor)
                .Assembly.GetCustomAttributes(typeof(DebuggableAttribute), false)
                .Cast<DebuggableAttribute>()
                .Single()
                .IsJITOptimizerDisabled
        );
}
