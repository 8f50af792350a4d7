namespace IResNet.Tests.Parity;

/// <summary>
/// Short official training runs of Residual Flows: Adam, and power iterations after each step. In double precision as
/// they were.
/// </summary>
[Trait("Category", "OfficialParity")]
public class ResidualFlowTrajectoryParityTests
{
    // Their independent replay reached 2e-12 and 5e-12; Adam divides small gradients by their own size.
    private const double Tolerance = 1e-9;

    public static TheoryData<string?> Files
    {
        get
        {
            string?[] names =
            [
                .. new[] { "residual-flow-trajectory", "toy-trajectory" }.SelectMany(kind =>
                    OfficialFixtures.OfKind(kind).Select(row => row.Data)
                ),
            ];
            // No file of one of the kinds is no reason to skip the other.
            string[] given = [.. names.OfType<string>()];
            return given.Length > 0 ? new TheoryData<string?>(given) : new TheoryData<string?>((string?)null);
        }
    }

    [Theory, MemberData(nameof(Files))]
    public void Losses(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        using var run = new Run(official, official.Int("steps"));
        Expect.Close(run.Losses, official["losses"], Tolerance, "losses");
        Expect.Close(run.GradientNorms, official["gradient_norms"], Tolerance, "gradient norms");
    }

    [Theory, MemberData(nameof(Files))]
    public void FirstGradients(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        using var run = new Run(official, steps: 1);
        var expected = official.Below("gradient.");
        Assert.Equal(
            expected.Keys.Order(StringComparer.Ordinal),
            run.FirstGradients.Keys.Order(StringComparer.Ordinal)
        );
        // That code's logit takes 1 - s as a difference and loses digits where s is near 1, so that a gradient which is
        // small beside the others has fewer of its own.
        double norm = official["gradient_norms"][0].ToDouble();
        foreach (var (name, gradient) in expected)
            Expect.Near(run.FirstGradients[name], gradient, Tolerance * norm, name);
    }

    [Theory, MemberData(nameof(Files))]
    public void FinalState(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        using var run = new Run(official, official.Int("steps"));
        var state = OfficialWeights.Named(run.Flow);
        var initial = official.Below("initial.");
        foreach (var (name, final) in official.Below("final."))
            ParityChecks.SameAfterTraining(name, state[name], initial[name], final, Tolerance);
    }

    private sealed class Run : IDisposable
    {
        private readonly OfficialFixture _official;

        public Run(OfficialFixture official, int steps)
        {
            _official = official;
            bool isToy = official.Text("kind") == "toy-trajectory";
            Flow = isToy ? Toy() : ResidualFlowFixture.Load(official, "initial.");
            var (losses, norms) = (new List<double>(), new List<double>());
            using var adam = new Adam(Flow, official);
            for (int step = 0; step < steps; step++)
            {
                using var scope = NewDisposeScope();
                Flow.WithEstimator(Estimator(step));
                Flow.zero_grad();
                var logProb = Flow.forward(official["x"]);
                var loss = isToy
                    ? -logProb.mean()
                    : BitsPerDimension.Of(logProb, official.List("input_shape").Aggregate(1, (a, b) => a * b)).mean();
                loss.backward();
                if (step == 0)
                    FirstGradients = Gradients();
                losses.Add(loss.ToDouble());
                norms.Add(adam.Step(isToy ? null : official.Number("clip_norm")));
                Flow.UpdateNorms();
            }
            (Losses, GradientNorms) = (tensor(losses.ToArray()), tensor(norms.ToArray()));
        }

        public Flow Flow { get; }
        public Tensor Losses { get; }
        public Tensor GradientNorms { get; }
        public Dictionary<string, Tensor> FirstGradients { get; } = [];

        public void Dispose() => Flow.Dispose();

        private ToyFlow Toy()
        {
            int[] dims = _official.List("dims");
            bool hasActNorm = _official.Flag("actnorm", otherwise: false);
            return ResidualFlowFixture.Loaded(
                new ToyFlow(
                    new ToyFlowConfig
                    {
                        Blocks = _official.Int("n_blocks"),
                        Hidden = dims[1..^1],
                        Activation = _official.Activation,
                        SpectralNorm = ResidualFlowFixture.SpectralNorm(_official),
                        LeadingActivation = true,
                        ActNorm = hasActNorm,
                        LeadingActNorm = hasActNorm,
                        ActNormForm = ActNormForm.ShiftFirst,
                    },
                    dims[0]
                ),
                _official.Below("initial.")
            );
        }

        private LogDetEstimator Estimator(int step)
        {
            int blocks = Flow.ResidualBlocks.Count;
            var (n, exactTerms) = (_official["n"][step].data<long>(), _official.Int("n_exact_terms"));
            var probes = Enumerable.Range(0, blocks).Select(block => _official[$"probe.step{step}.block{block}"]);
            bool isNeumann = _official.Flag("neumann_grad", otherwise: false);
            return new OfficialScalar(
                new RussianRoulette(
                    ResidualFlowFixture.Terms(_official, new(n.Select(one => (int)one))),
                    exactTerms,
                    gradient: isNeumann ? RouletteGradient.TransposedNeumann : RouletteGradient.Basic,
                    probes: new ResidualFlowFixture.RecordedProbes(new(probes))
                ),
                isNeumann
            );
        }

        private Dictionary<string, Tensor> Gradients() =>
            OfficialWeights
                .Named(Flow)
                .Where(pair => pair.Value.grad is not null)
                .ToDictionary(pair => pair.Key, pair => pair.Value.grad!.clone().DetachFromDisposeScope());
    }

    /// <summary>
    /// Our estimate, or in the Neumann form the scalar that the official code trains with and logs, which is no
    /// likelihood: our estimator gives its gradient with the value of the series.
    /// </summary>
    private sealed class OfficialScalar(RussianRoulette roulette, bool isNeumann) : LogDetEstimator
    {
        public override Tensor Estimate(Linearization g)
        {
            if (!isNeumann)
                return roulette.Estimate(g);
            var (v, n) = (roulette.Probes.Draw(1, g.Shape, g.Value), roulette.Distribution.Draw(null));
            var (estimate, scalar) = (roulette.Estimate(g, v, [n]), roulette.Surrogate(g, v, [n]));
            return estimate + (scalar - estimate).detach();
        }
    }

    /// <summary>
    /// Adam as that code has it: epsilon is added before the second moment's bias correction, which is part of the step
    /// size. A weight decay has no effect there.
    /// </summary>
    private sealed class Adam(Flow flow, OfficialFixture official) : IDisposable
    {
        private readonly List<(Parameter value, Tensor mean, Tensor square)> _parameters =
        [
            .. flow.parameters().Where(p => p.requires_grad).Select(p => (p, zeros_like(p), zeros_like(p))),
        ];
        private readonly double[] _betas = [.. official.Text("betas").Trim('(', ')').Split(',').Select(Number)];
        private int _steps;

        /// <summary>Clips, steps, and gives the gradient's norm before the clipping.</summary>
        public double Step(double? clipNorm)
        {
            using var noGrad = no_grad();
            _steps++;
            var gradients = _parameters.Select(p => p.value.grad ?? zeros_like(p.value)).ToList();
            double norm = Math.Sqrt(gradients.Sum(gradient => gradient.square().sum().ToDouble())),
                scale = clipNorm is { } limit ? Math.Min(1, limit / (norm + 1e-6)) : 1,
                rate =
                    official.Number("lr")
                    * Math.Sqrt(1 - Math.Pow(_betas[1], _steps))
                    / (1 - Math.Pow(_betas[0], _steps));
            foreach (var ((value, mean, square), gradient) in _parameters.Zip(gradients))
            {
                var clipped = scale * gradient;
                mean.mul_(_betas[0]).add_(clipped, alpha: 1 - _betas[0]);
                square.mul_(_betas[1]).addcmul_(clipped, clipped, value: 1 - _betas[1]);
                value.addcdiv_(mean, square.sqrt().add_(official.Number("eps")), value: -rate);
            }
            return norm;
        }

        public void Dispose() =>
            _parameters.ForEach(p =>
            {
                p.mean.Dispose();
                p.square.Dispose();
            });

        private static double Number(string text) =>
            double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }
}
