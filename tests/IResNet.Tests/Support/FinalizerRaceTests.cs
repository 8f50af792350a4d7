using System.Diagnostics;

namespace IResNet.Tests;

/// <summary>
/// The build makes TorchSharp keep its arguments alive during native calls (build/TorchNative.targets). Without that, a collection on another thread frees Scalars in use:
/// about one failure in ten thousand additions here.
/// </summary>
public class FinalizerRaceTests
{
    [Fact]
    public void ArithmeticWhileAnotherThreadCollects()
    {
        bool stop = false;
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref stop)) GC.Collect(0);
        });
        using var a = ones(64, requires_grad: true);
        using var b = ones(64);
        // Often enough that the JIT would compile with optimizations, and time to do so.
        for (int i = 0; i < 1000; i++) Sum(a, b);
        Thread.Sleep(300);
        collector.Start();
        try
        {
            for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < 2;) Assert.Equal(96, Sum(a, b));
        }
        finally
        {
            Volatile.Write(ref stop, true);
            collector.Join();
        }
    }

    [Fact]
    public void TorchSharpIsCompiledWithoutOptimizations() => Assert.True(
        typeof(Tensor).Assembly.GetCustomAttributes(typeof(DebuggableAttribute), false).Cast<DebuggableAttribute>().Single().IsJITOptimizerDisabled);

    private static float Sum(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return ((a + b) * 0.75).sum().ToSingle();
    }
}
