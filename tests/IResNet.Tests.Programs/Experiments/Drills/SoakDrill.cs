using System.Diagnostics;
using IResNet.Experiments.Training;
using IResNet.Tests.Programs.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Drills;

/// <summary>Many steps with flat memory, native and managed (R18).</summary>
[Trait("Category", Drill.Category)]
public class SoakDrill
{
    [Fact]
    public async Task MemoryStaysFlat()
    {
        int steps = Drill.Count(fast: 200, full: 2000);
        using var flow = Tiny.Flow();
        GC.Collect();
        GC.WaitForPendingFinalizers(); // of what other tests left
        using var process = Process.GetCurrentProcess();
        var seen = new Dictionary<long, (long Tensors, long Managed, long Resident)>();
        var sink = TrainingSink.OfSteps(step =>
        {
            if (step.Step != steps / 4 && step.Step != steps)
                return;
            long managed = GC.GetTotalMemory(forceFullCollection: true);
            GC.WaitForPendingFinalizers();
            NativeRuntime.TrimMemory();
            process.Refresh();
            seen[step.Step] = (Tensor.TotalCount, managed, process.WorkingSet64);
        });
        await DensityTraining.Run(
            flow,
            Tiny.Corners(),
            Tiny.Options with
            {
                Steps = steps,
                AverageDecay = 0.99,
                ClipNorm = 1,
                WeightDecay = 1e-4,
                EvaluateEvery = steps / 10,
                MaxLoss = 1e6,
            },
            sink,
            TestContext.Current.CancellationToken
        );

        var (early, late) = (seen[steps / 4], seen[steps]);
        Drill.Say(
            $"steps {steps / 4} and {steps}: {early.Tensors} and {late.Tensors} tensors, {early.Managed / 1e6:F2} and "
                + $"{late.Managed / 1e6:F2} MB managed, {early.Resident / 1e6:F1} and {late.Resident / 1e6:F1} MB "
                + "resident"
        );
        Assert.Equal(early.Tensors, late.Tensors);
        Assert.InRange(late.Managed - early.Managed, -10_000_000, 1_000_000);
        Assert.InRange(late.Resident - early.Resident, long.MinValue, 20_000_000);
    }
}
