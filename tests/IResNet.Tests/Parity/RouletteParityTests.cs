namespace IResNet.Tests.Parity;

/// <summary>The unbiased estimator for given draws and probes, float64.</summary>
[Trait("Category", "OfficialParity")]
public class RouletteParityTests
{
    public static TheoryData<string?> Files => OfficialFixtures.OfKind("roulette");

    [Theory, MemberData(nameof(Files))]
    public void EffectiveWeights(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        ParityChecks.EffectiveWeights(official, Load(official));
    }

    /// <summary>
    /// The official survival function subtracts from 1, so that it is right to that rounding only.
    /// </summary>
    [Theory, MemberData(nameof(Files))]
    public void SurvivalFunction(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        foreach (
            var (name, roulette) in new[]
            {
                ("survival.training", Roulette(official, RouletteGradient.Basic)),
                ("survival.evaluation", Evaluation(official)),
            }
        )
        {
            var survival = Enumerable
                .Range(1, (int)official[name].numel())
                .Select(k => roulette.Distribution.Survival(k - roulette.ExactTerms));
            Expect.Near(tensor(survival.ToArray()), official[name], 1e-14, name);
        }
    }

    /// <summary>Values for each draw and probe, in every form the same; the evaluation's likewise.</summary>
    [Theory, MemberData(nameof(Files))]
    public void Values(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        using var noGrad = no_grad();
        var g = Load(official).Linearize(official["x"]);
        foreach (var gradient in Enum.GetValues<RouletteGradient>())
            Each(official, "basic.value", (n, probe) => Roulette(official, gradient).Estimate(g, probe, [n]), "basic");
        Each(official, "evaluation.value", (n, probe) => Evaluation(official).Estimate(g, probe, [n]), "evaluation");
    }

    /// <summary>The scalar whose gradient the transposed form takes is the official one.</summary>
    [Theory, MemberData(nameof(Files))]
    public void NeumannScalar(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        using var noGrad = no_grad();
        var g = Load(official).Linearize(official["x"]);
        foreach (var gradient in new[] { RouletteGradient.Neumann, RouletteGradient.TransposedNeumann })
            Each(
                official,
                "neumann.value",
                (n, probe) => Roulette(official, gradient).Surrogate(g, probe, [n]),
                $"{gradient}"
            );
    }

    /// <summary>Gradients of the sum over the examples by x, raw weights, biases and betas, for each draw.</summary>
    [Theory, MemberData(nameof(Files))]
    public void Gradients(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        long[] draws = official["n"].data<long>().ToArray();
        foreach (var (form, gradient) in Forms)
            foreach (var (i, n) in draws.Index())
            {
                var ours = GradientsOf(official, gradient, estimate => estimate.sum(), [(int)n]);
                var theirs = official.Below($"{form}.n{i}.gradient.");
                Assert.True(theirs.Count > 1, "no gradients");
                double scale = theirs.Values.Max(Expect.MaxAbs);
                foreach (var (name, expected) in theirs)
                    Expect.Near(ours[name], expected, ParityChecks.Exact * scale, $"{form}, n = {n}, {name}");
            }
    }

    [Theory, MemberData(nameof(Files))]
    public void SeveralDraws(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        int[] draws = [.. official["several_n"].data<long>().ToArray().Select(n => (int)n)];
        using (no_grad())
        {
            var g = Load(official).Linearize(official["x"]);
            var probe = official["probe"][0];
            var basic = Roulette(official, RouletteGradient.Basic).Estimate(g, probe, draws);
            Expect.Close(basic, official["basic.several_n.value"], ParityChecks.Exact, "basic");
            var scalar = Roulette(official, RouletteGradient.TransposedNeumann).Surrogate(g, probe, draws);
            Expect.Close(scalar, official["neumann.several_n.value"], ParityChecks.Exact, "Neumann");
        }
        foreach (var (form, gradient) in Forms)
            if (official.Has($"{form}.several_n.gradient.x"))
                Expect.Close(
                    GradientsOf(official, gradient, estimate => estimate.sum(), draws)["x"],
                    official[$"{form}.several_n.gradient.x"],
                    ParityChecks.Exact,
                    form
                );
    }

    /// <summary>
    /// Every example with its own weight; the official memory-saving backward pass, which gives all the first one's, is
    /// the control.
    /// </summary>
    [Theory, MemberData(nameof(Files))]
    public void WeightedExamples(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var weights = official["example_weight"];
        int n = (int)official["n"][official.Int("memory_saving_n_index")].ToInt64();
        const RouletteGradient Neumann = RouletteGradient.TransposedNeumann;
        var ours = GradientsOf(official, Neumann, estimate => (estimate * weights).sum(), [n])[
            "x"
        ];
        Expect.Close(ours, official["weighted.plain.gradient.x"], ParityChecks.Exact, "weighted");
        Assert.True(
            Expect.RelativeError(ours, official["weighted.memory_saving_official.gradient.x"]) > 1e-3,
            "The weights make no difference."
        );
    }

    private static (string form, RouletteGradient gradient)[] Forms =>
        [
            ("basic", RouletteGradient.Basic),
            ("neumann", RouletteGradient.TransposedNeumann),
            ("neumann_forward", RouletteGradient.Neumann),
        ];

    /// <summary>Compares what a function of draw and probe gives with values by (draw, probe, example).</summary>
    private static void Each(OfficialFixture official, string name, Func<int, Tensor, Tensor> value, string what)
    {
        var expected = official[name];
        long[] draws = official["n"].data<long>().ToArray();
        Assert.Equal(draws.Length, expected.size(0));
        double scale = Expect.MaxAbs(expected);
        for (int i = 0; i < draws.Length; i++)
        {
            for (int probe = 0; probe < expected.size(1); probe++)
                Expect.Near(
                    value((int)draws[i], official["probe"][probe]),
                    expected[i][probe],
                    ParityChecks.Exact * Math.Max(1, scale),
                    $"{what}, n = {draws[i]}, probe {probe}"
                );
        }
    }

    /// <summary>For probe 0, by the official names; zeros where there is no dependence.</summary>
    private static Dictionary<string, Tensor> GradientsOf(
        OfficialFixture official,
        RouletteGradient gradient,
        Func<Tensor, Tensor> scalar,
        IReadOnlyList<int> draws
    )
    {
        var branch = Load(official);
        var x = official["x"].detach().clone().requires_grad_();
        var inputs = ResidualFlowBranch
            .Named(branch)
            .Where(pair => pair.Value.requires_grad)
            .Select(pair => (Name: $"nnet.{pair.Key}", Tensor: pair.Value))
            .Append((Name: "x", Tensor: x))
            .ToList();
        var estimate = Roulette(official, gradient).Estimate(branch.Linearize(x), official["probe"][0], draws);
        var gradients = autograd.grad(
            [scalar(estimate)],
            [.. inputs.Select(input => input.Tensor)],
            allow_unused: true
        );
        return inputs
            .Zip(gradients)
            .ToDictionary(
                pair => pair.First.Name,
                pair => pair.Second.IsInvalid ? zeros_like(pair.First.Tensor) : pair.Second
            );
    }

    private static RussianRoulette Roulette(OfficialFixture official, RouletteGradient gradient) =>
        new(Distribution(official), official.Int("n_exact_terms"), gradient: gradient);

    private static RussianRoulette Evaluation(OfficialFixture official)
    {
        var evaluation = (RussianRoulette)Roulette(official, RouletteGradient.Basic).ForEvaluation();
        Assert.Equal(official.Int("evaluation_exact_terms"), evaluation.ExactTerms);
        return evaluation;
    }

    private static TermDistribution Distribution(OfficialFixture official) =>
        official.Text("n_dist") switch
        {
            "geometric" => new GeometricTerms(official.Number("parameter")),
            "poisson" => new PoissonTerms(official.Number("parameter")),
            var other => throw new FormatException($"unknown distribution {other}"),
        };

    private static SequentialBranch Load(OfficialFixture official) =>
        ResidualFlowBranch.Load(official.Below("state.nnet."), official.Activation, official.Number("coeff"));
}
