namespace IResNet.Tests.Models;

/// <summary>
/// Live tensors: flat over training, inverses, sampling and freezing; and models that outlive the scope in which they
/// were built.
/// </summary>
public class MemoryTests
{
    private static readonly FlowConfig Config = new()
    {
        Input = new(1, 4, 4),
        Blocks = [1, 1],
        Strides = [2, 1],
        Hidden = [4, 4],
        SpectralNorm = new() { PowerIterations = 1 },
    };

    [Fact]
    public void ThousandTrainingStepsAreFlat()
    {
        using var training = new Training();
        training.Step(); // creates gradients and the optimiser's state
        AssertFlat(1000, training.Step);
    }

    [Fact]
    public void OtherEstimatorsAreFlat()
    {
        using var training = new Training();
        foreach (
            var estimator in new LogDetEstimator[]
            {
                new NeumannSeries(5),
                new ExactLogDet(),
                new NoLogDet(),
                new PowerSeries(3, 4, new RademacherProbes()),
                new RussianRoulette(),
                new RussianRoulette(new PoissonTerms(), gradient: RouletteGradient.TransposedNeumann),
                new RussianRoulette(draws: 3, gradient: RouletteGradient.Basic),
            }
        )
        {
            training.Flow.WithEstimator(estimator);
            training.Step();
            AssertFlat(30, training.Step);
        }
    }

    [Fact]
    public void EvaluationInverseAndSamplingAreFlat()
    {
        using var training = new Training();
        training.Step();
        training.Flow.eval();
        using var z = training.Flow.LatentsOf(training.X).detach();
        AssertFlat(20, () => Disposed(training.Flow.forward(training.X)));
        AssertFlat(20, () => Disposed(training.Flow.Transform.Inverse(z).Value));
        AssertFlat(20, () => Disposed(training.Flow.Transform.Inverse(z, FixedPoint.Iterations(20)).Value));
        AssertFlat(20, () => Disposed(training.Flow.Sample(2)));
        AssertFlat(20, () => training.Flow.Transform.InverseLipschitzBound());
        AssertFlat(20, () =>
        {
            using var scope = NewDisposeScope();
            training.Flow.ResidualBlocks[0].Branch.Linearize(randn(2, 4, 2, 2)).Jacobian();
        });
    }

    [Fact]
    public void GlowIsFlat()
    {
        Draw.Seed(2);
        using var flow = new MultiscaleFlow(Config with { Kind = BlockKind.AffineGlow });
        using var optimizer = optim.Adam(flow.parameters(), 1e-4);
        using var x = rand(2, 1, 4, 4);
        void Step()
        {
            using var scope = NewDisposeScope();
            flow.zero_grad();
            (-flow.forward(x).mean()).backward();
            optimizer.step();
        }
        Step();
        AssertFlat(30, Step);
        AssertFlat(20, () => Disposed(flow.Sample(2)));
        AssertFlat(20, () => flow.Transform.InverseLipschitzBound());
    }

    [Fact]
    public void FailuresAreFlat()
    {
        using var training = new Training();
        training.Step();
        training.Flow.eval();
        using var z = training.Flow.LatentsOf(training.X).detach();
        using var nan = full(2, 1, 4, 4, float.NaN);
        using var wrong = zeros(2, 3, 4, 4);
        AssertFlat(30, () =>
            Assert.Throws<NonConvergenceException>(() =>
                training.Flow.Transform.Inverse(z, new FixedPoint(1e-6, maxIterations: 1))
            )
        );
        AssertFlat(30, () => Assert.Throws<NonFiniteException>(() => training.Flow.forward(nan)));
        AssertFlat(30, () => Assert.Throws<ShapeException>(() => training.Flow.forward(wrong)));
    }

    [Fact]
    public void FreezingIsFlat()
    {
        using var training = new Training();
        training.Step();
        AssertFlat(30, () =>
        {
            training.Flow.Freeze(FrozenNorm.Certified);
            training.Flow.Freeze(FrozenNorm.PowerIteration);
            training.Flow.train();
        });
        training.Flow.Freeze();
        AssertFlat(30, () => Disposed(training.Flow.Sample(2)));
    }

    /// <summary>
    /// A disposed model leaves nothing behind, frozen or not. TorchSharp's count itself rises by one with every
    /// Parameter made, disposed or not; that much is taken off.
    /// </summary>
    [Fact]
    public void ModelsAreFreedWhenDisposed()
    {
        long perParameter = Growth(1, () => new Parameter(zeros(1)).Dispose());
        int parameters = new MultiscaleFlow(Config).parameters().Count();
        Assert.Equal(10 * parameters * perParameter, Growth(10, () =>
            {
                using var flow = new MultiscaleFlow(Config);
                flow.Freeze();
                Disposed(flow.Sample(1));
            }));
    }

    /// <summary>The control: the count sees a single tensor that stays.</summary>
    [Fact]
    public void LeaksAreSeen()
    {
        var kept = new List<Tensor>();
        long grown = Growth(20, () => kept.Add(zeros(1).DetachFromDisposeScope()));
        kept.ForEach(tensor => tensor.Dispose());
        Assert.Equal(20, grown);
    }

    [
        Theory,
        InlineData("toy"),
        InlineData("single"),
        InlineData("multi"),
        InlineData("classifier"),
        InlineData("LipSwish"),
        InlineData("toy, Glow"),
        InlineData("Glow")
    ]
    public void ModelsOutliveTheScopeTheyAreBuiltIn(string kind)
    {
        nn.Module<Tensor, Tensor> model;
        using (NewDisposeScope())
        {
            model = kind switch
            {
                "toy" => new ToyFlow(2, [4]),
                "toy, Glow" => new ToyFlow(2, [4], kind: BlockKind.AffineGlow),
                "Glow" => new MultiscaleFlow(Config with { Kind = BlockKind.AffineGlow }),
                "single" => new SingleScaleFlow(Config),
                "multi" => new MultiscaleFlow(Config),
                "classifier" => new Classifier(Config, classes: 3),
                _ => new MultiscaleFlow(Config with { Activation = ActivationKind.LipSwish }),
            };
            model.to(ScalarType.Float64);
            if (model is Flow flow)
                flow.Freeze();
        }
        using (model)
        using (NewDisposeScope())
        {
            var x = kind.StartsWith("toy", StringComparison.Ordinal) ? Draw.Normal(3, 2) : Draw.Normal(3, 1, 4, 4);
            Assert.True(double.IsFinite(model.forward(x).sum().ToDouble()));
            model.train();
            model.forward(x).sum().backward();
            Assert.All(
                model.parameters().Where(parameter => parameter.requires_grad && parameter.grad is not null),
                parameter => Assert.False(parameter.IsInvalid)
            );
        }
    }

    private static void AssertFlat(int times, Action action) => Assert.Equal(0, Growth(times, action));

    private static long Growth(int times, Action action)
    {
        action(); // whatever is made once
        return LiveTensors.Leak(() =>
        {
            for (int i = 0; i < times; i++)
                action();
        });
    }

    private static void Disposed(Tensor tensor) => tensor.Dispose();

    private sealed class Training : IDisposable
    {
        private readonly optim.Optimizer _optimizer;

        public Training()
        {
            Draw.Seed(1);
            Flow = new MultiscaleFlow(Config);
            Flow.WithEstimator(new PowerSeries(3));
            _optimizer = optim.Adam(Flow.parameters(), 1e-4);
            X = rand(2, 1, 4, 4) - 0.5f;
        }

        public MultiscaleFlow Flow { get; }

        public Tensor X { get; }

        public void Step()
        {
            using var scope = NewDisposeScope();
            Flow.train();
            Flow.zero_grad();
            (-Flow.forward(X).mean()).backward();
            _optimizer.step();
        }

        public void Dispose()
        {
            _optimizer.Dispose();
            Flow.Dispose();
            X.Dispose();
        }
    }
}
