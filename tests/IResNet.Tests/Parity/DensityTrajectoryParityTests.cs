namespace IResNet.Tests.Parity;

/// <summary>
/// A short official training run of a density model, Adamax through the truncated stochastic log-determinant on one
/// batch.
/// </summary>
[Trait("Category", "OfficialParity")]
public class DensityTrajectoryParityTests
{
    public static TheoryData<string?> Files => OfficialFixtures.OfKind("density-trajectory");

    [Theory, MemberData(nameof(Files))]
    public void Losses(string? file) => Compare(file, "losses", ParityChecks.Trajectory, run => run.Losses);

    [Theory, MemberData(nameof(Files))]
    public void LogPrior(string? file) => Compare(file, "logpz", ParityChecks.Trajectory, run => run.LogPrior);

    [Theory, MemberData(nameof(Files))]
    public void LogDetEstimates(string? file) =>
        Compare(file, "logdet_estimate", ParityChecks.Trajectory, run => run.LogDet);

    [Theory, MemberData(nameof(Files))]
    public void FirstGradients(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        using var run = new Run(official, new RecordedProbes(official), steps: 1);
        foreach (var (name, gradient) in official.Below("gradient."))
            Expect.Close(run.FirstGradients[name], gradient, ParityChecks.Network, name);
    }

    [Theory, MemberData(nameof(Files))]
    public void FinalState(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        using var run = new Run(official, new RecordedProbes(official), official.Int("steps"));
        var state = OfficialWeights.Named(run.Flow);
        var initial = official.Below("initial.");
        foreach (var (name, final) in official.Below("final."))
            ParityChecks.SameAfterTraining(name, state[name], initial[name], final, ParityChecks.Trajectory);
    }

    /// <summary>Our own probes, from the official seed, are the recorded ones: the random streams agree.</summary>
    [Theory, MemberData(nameof(Files))]
    public void SeededRunIsTheSame(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var generator = new Generator((ulong)official.Int("probe_seed"));
        using var run = new Run(official, new GaussianProbes(generator), official.Int("steps"));
        Expect.Close(run.Losses, official["losses"], ParityChecks.Trajectory, "losses from the seed");
    }

    private static void Compare(string? file, string name, double relative, Func<Run, Tensor> of)
    {
        using var official = OfficialFixtures.Open(file);
        using var run = new Run(official, new RecordedProbes(official), official.Int("steps"));
        var (actual, expected) = (of(run), official[name]);
        Assert.Equal(expected.shape, actual.shape);
        for (long step = 0; step < expected.size(0); step++)
            Expect.Close(actual[step], expected[step], relative, $"{name}, step {step}");
    }

    private sealed class Run : IDisposable
    {
        public Run(OfficialFixture official, Probes probes, int steps)
        {
            Assert.Equal("Adamax", official.Text("optimizer"));
            Flow = new MultiscaleFlow(official.Config);
            Flow.WithEstimator(new PowerSeries(official.Int("series_terms"), official.Int("trace_samples"), probes));
            OfficialWeights.Load(Flow, official.Below("initial."));
            Flow.train();
            using var optimizer = optim.Adamax(Flow.parameters(), official.Number("lr"));
            var (losses, priors, logDets) = (new List<Tensor>(), new List<Tensor>(), new List<Tensor>());
            for (int step = 0; step < steps; step++)
            {
                Flow.zero_grad();
                var (logPrior, logDet) = Flow.LogProbTerms(official["x"]);
                var loss = -(logPrior + logDet).mean();
                (losses, priors, logDets) = (
                    [.. losses, loss.detach()],
                    [.. priors, logPrior.detach()],
                    [.. logDets, logDet.detach()]
                );
                loss.backward();
                if (step == 0)
                    FirstGradients = Gradients();
                optimizer.step();
            }
            (Losses, LogPrior, LogDet) = (stack(losses), stack(priors), stack(logDets));
        }

        public MultiscaleFlow Flow { get; }
        public Tensor Losses { get; }
        public Tensor LogPrior { get; }
        public Tensor LogDet { get; }
        public Dictionary<string, Tensor> FirstGradients { get; } = [];

        public void Dispose() => Flow.Dispose();

        private Dictionary<string, Tensor> Gradients() =>
            OfficialWeights
                .Named(Flow)
                .Where(pair => pair.Value.grad is not null)
                .ToDictionary(pair => pair.Key, pair => pair.Value.grad!.clone());
    }

    /// <summary>The probes of the official run, in the order drawn.</summary>
    private sealed class RecordedProbes(OfficialFixture official) : Probes
    {
        private int _step,
            _block;

        public override Tensor Draw(int samples, IReadOnlyList<long> shape, Tensor like)
        {
            if (!official.Has($"probe.step{_step}.block{_block}"))
                (_step, _block) = (_step + 1, 0);
            var probe = official[$"probe.step{_step}.block{_block++}"];
            Assert.Equal(samples, probe.size(1));
            return probe.transpose(0, 1).reshape([samples * shape[0], .. shape.Skip(1)]);
        }
    }
}
