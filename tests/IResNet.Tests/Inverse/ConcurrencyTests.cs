using System.Collections.Concurrent;

namespace IResNet.Tests.Inverse;

/// <summary>One model in evaluation mode, used by several threads at once: each gets what one alone gets.</summary>
public class ConcurrencyTests
{
    private const int Threads = 4;

    public static TheoryData<string, ScalarType, bool> Cases =>
        new(
            from name in new[] { "multiscale", "2-D", "Glow", "softplus" }
            from type in new[] { ScalarType.Float32, ScalarType.Float64 }
            from frozen in new[] { false, true }
            select new TheoryDataRow<string, ScalarType, bool>(name, type, frozen)
        );

    [Theory, MemberData(nameof(Cases))]
    public void EveryThreadGetsTheSame(string name, ScalarType type, bool frozen)
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Create(name, type);
        if (frozen)
            flow.Freeze();
        // Without fixed weights each inverse takes certified norms of its own, which is most of its time.
        InParallel(flow, x, Results(flow, x), rounds: frozen ? 20 : 3);
    }

    /// <summary>The weights of a frozen model were written, and all threads find out at the same time.</summary>
    [Fact]
    public void WrittenWeightsAreNormalizedAnewByAll()
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Create("multiscale", ScalarType.Float32);
        var (other, _) = Create("multiscale", ScalarType.Float32, seed: 2);
        flow.Freeze();
        other.Freeze();
        for (int round = 0; round < 5; round++)
        {
            var written = round % 2 == 0 ? flow.state_dict() : other.state_dict();
            var target = Create("multiscale", ScalarType.Float32, seed: 3).flow;
            target.Freeze();
            StateDict.Copy(written, target.state_dict());
            InParallel(target, x, Results(round % 2 == 0 ? flow : other, x), rounds: 2);
        }
    }

    private static void InParallel(Flow flow, Tensor x, Tensor[] right, int rounds)
    {
        var faults = new ConcurrentQueue<string>();
        var threads = Enumerable
            .Range(0, Threads)
            .Select(_ => new Thread(() =>
            {
                try
                {
                    NativeRuntime.FlushDenormals();
                    for (int i = 0; i < rounds; i++)
                    {
                        using var scope = NewDisposeScope();
                        foreach (var (got, want) in Results(flow, x).Zip(right))
                            if (!(Expect.MaxAbs(got - want) <= 1e-5))
                                faults.Enqueue($"off by {Expect.MaxAbs(got - want):g3}");
                    }
                }
                catch (Exception fault)
                {
                    faults.Enqueue(fault.ToString());
                }
            }))
            .ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Empty(faults);
    }

    private static Tensor[] Results(Flow flow, Tensor x)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator(1);
        var z = flow.LatentsOf(x);
        return
        [
            z.MoveToOuterDisposeScope(),
            flow.forward(x).MoveToOuterDisposeScope(),
            flow.Transform.Inverse(z).Value.MoveToOuterDisposeScope(),
            flow.Sample(9, generator: generator).MoveToOuterDisposeScope(),
        ];
    }

    private static (Flow flow, Tensor x) Create(string name, ScalarType type, int seed = 1)
    {
        Draw.Seed(seed);
        var config = new FlowConfig
        {
            Input = new(1, 8, 8),
            InitialSqueeze = true,
            Blocks = [2, 1],
            Hidden = [8, 8],
        };
        Flow flow = name switch
        {
            "2-D" => new ToyFlow(2, [8, 8]),
            "Glow" => new MultiscaleFlow(config with { Kind = BlockKind.AffineGlow }),
            "softplus" => new SingleScaleFlow(config with { Activation = ActivationKind.Softplus }),
            _ => new MultiscaleFlow(config),
        };
        // Estimators that draw nothing give every thread the same.
        Draw.Prepared(flow, weightScale: 1).WithEstimator(name == "2-D" ? new ExactLogDet() : new NoLogDet());
        flow.to(type);
        Draw.Seed(5);
        return (flow, Draw.Normal(name == "2-D" ? [16, 2] : [16, 1, 8, 8]).to(type));
    }
}
