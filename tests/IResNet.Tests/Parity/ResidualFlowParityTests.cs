namespace IResNet.Tests.Parity;

/// <summary>Image models of Residual Flows.</summary>
[Trait("Category", "OfficialParity")]
public class ResidualFlowParityTests
{
    public static TheoryData<string?> Files => OfficialFixtures.OfKind("residual-flow");

    [Theory, MemberData(nameof(Files))]
    public void Latents(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var flow = ResidualFlowFixture.Load(official, "state.");
        Expect.Close(flow.LatentsOf(official["x"]), official["z"], ParityChecks.Network, "z");
        Expect.Close(InDouble(flow).LatentsOf(X(official)), official["z64"], Double, "z in double precision");
    }

    /// <summary>In double precision, for the exact parts of ln p(x) are.</summary>
    [Theory, MemberData(nameof(Files))]
    public void Likelihood(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var flow = InDouble(ResidualFlowFixture.Load(official, "state."));
        var x = X(official);
        int d = flow.Config.Input.Dimensions;
        var logit = (LogitTransform)flow.Scales[0][0];
        Expect.Close(logit.forward(x).logDet, official["logit_logdet"], Double, "logit's log-determinant");
        var withoutBlocks = flow.LogProbTerms(x, _ => new NoLogDet()).logDet;
        Expect.Close(
            withoutBlocks - official["logit_logdet"],
            official["actnorm_logdet"],
            Double,
            "ActNorm's log-determinant"
        );
        var (logPrior, logDet) = flow.LogProbTerms(x, _ => new ExactLogDet());
        Expect.Close(logPrior, official["logpz"], Double, "ln p(z)");
        Expect.Close(logDet, official["logdet_exact"], Double, "log-determinant");
        // That code's ln p(x) is of grey levels: d ln 256 less.
        Expect.Close(
            logPrior + logDet - d * Math.Log(official.Int("nvals")),
            official["logpx_exact"],
            Double,
            "ln p(x)"
        );
        Expect.Close(BitsPerDimension.Of(logPrior + logDet, d), official["bits_per_dim"], Double, "bits/dim");
    }

    /// <summary>The official evaluation, in single precision, with its n and its probes.</summary>
    [Theory, MemberData(nameof(Files))]
    public void Estimate(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var flow = ResidualFlowFixture.Load(official, "state.");
        flow.WithEstimator(
            new RussianRoulette(
                ResidualFlowFixture.Terms(official, new(official["estimate.n"].data<long>().Select(n => (int)n))),
                official.Int("evaluation_exact_terms"),
                probes: new ResidualFlowFixture.RecordedProbes(
                    new(
                        Enumerable
                            .Range(0, flow.ResidualBlocks.Count)
                            .Select(block => official[$"estimate.probe.block{block}"])
                    )
                )
            )
        );
        var (logPrior, logDet) = flow.LogProbTerms(official["x"]);
        Expect.Close(logDet.to(ScalarType.Float64), official["estimate.logdet"], ParityChecks.Network, "estimate");
        Expect.Close(
            (logPrior + logDet).to(ScalarType.Float64) - flow.Config.Input.Dimensions * Math.Log(official.Int("nvals")),
            official["estimate.logpx"],
            ParityChecks.Network,
            "ln p(x)"
        );
    }

    /// <summary>Closer to x than the official inverse.</summary>
    [Theory, MemberData(nameof(Files))]
    public void Inverse(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var flow = InDouble(ResidualFlowFixture.Load(official, "state."));
        flow.Freeze(FrozenNorm.PowerIteration);
        var z = official["z64"];
        double error = Expect.MaxAbs(flow.Transform.Inverse(z, 1e-9).Value - X(official)),
            theirs = Expect.MaxAbs(official["x_inverse_official"] - official["x"]);
        Assert.InRange(error, 0, 1e-7);
        Assert.True(error < theirs, $"{error} is not below {theirs}");
    }

    [Theory, MemberData(nameof(Files))]
    public void StateIsWrittenUnderTheOfficialNames(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        using var flow = ResidualFlowFixture.Load(official, "state.");
        ParityChecks.SameState(OfficialWeights.Named(flow), official.Below("state."));
    }

    // That code takes 1 - s as a difference: for s within 1e-6 of 1 it loses six of sixteen digits.
    private const double Double = 1e-9;

    private static ResidualFlow InDouble(ResidualFlow flow) => (ResidualFlow)flow.to(ScalarType.Float64);

    private static Tensor X(OfficialFixture official) => official["x"].to(ScalarType.Float64);
}
