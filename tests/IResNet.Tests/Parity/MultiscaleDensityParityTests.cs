namespace IResNet.Tests.Parity;

/// <summary>The official multiscale density model in evaluation mode.</summary>
[Trait("Category", "OfficialParity")]
public class MultiscaleDensityParityTests
{
    public static TheoryData<string?> Files => OfficialFixtures.OfKind("multiscale-density");

    [Theory, MemberData(nameof(Files))]
    public void EffectiveWeights(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var flow = Load(official);
        ParityChecks.EffectiveWeights(official, OfficialWeights.Named(flow), flow.ResidualBlocks);
    }

    [Theory, MemberData(nameof(Files))]
    public void Latents(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var z = Load(official).WithEstimator(new NoLogDet()).LatentsOf(official["x"]);
        long from = 0;
        for (int scale = 0; official.Has($"z{scale}"); scale++)
        {
            var expected = official[$"z{scale}"].flatten(1);
            Expect.Close(z.narrow(1, from, expected.size(1)), expected, ParityChecks.Network, $"z{scale}");
            from += expected.size(1);
        }
        Assert.Equal(z.size(1), from);
    }

    [Theory, MemberData(nameof(Files))]
    public void LogPrior(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        Expect.Close(
            Load(official).LogProbTerms(official["x"]).logPrior,
            official["logpz"],
            ParityChecks.Network,
            "logpz"
        );
    }

    [Theory, MemberData(nameof(Files))]
    public void LogDet(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        Expect.Close(InFloat64(official).logDet, official["logdet_exact"], 1e-6, "logdet_exact");
    }

    [Theory, MemberData(nameof(Files))]
    public void BitsPerDim(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var (logPrior, logDet) = InFloat64(official);
        Expect.Close(
            BitsPerDimension.Of(logPrior + logDet, official.Shape.Dimensions),
            official["bits_per_dim"],
            1e-6,
            "bits_per_dim"
        );
    }

    [Theory, MemberData(nameof(Files))]
    public void Inverse(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var flow = Load(official).WithEstimator(new NoLogDet());
        var inverse = flow.Transform.Inverse(flow.LatentsOf(official["x"]), FixedPoint.Iterations(100)).Value;
        Expect.Close(inverse, official["x_inverse"], ParityChecks.Network, "x_inverse");
        Expect.Close(inverse, official["x"], ParityChecks.Network, "x");
    }

    [Theory, MemberData(nameof(Files))]
    public void WeightsTravelBack(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        ParityChecks.SameState(OfficialWeights.Named(Load(official)), official.Below("state."));
    }

    private static (Tensor logPrior, Tensor logDet) InFloat64(OfficialFixture official)
    {
        var flow = Load(official).WithEstimator(new ExactLogDet());
        flow.to(ScalarType.Float64);
        using var noGrad = no_grad();
        return flow.LogProbTerms(official["x"].to(ScalarType.Float64));
    }

    private static MultiscaleFlow Load(OfficialFixture official)
    {
        var flow = new MultiscaleFlow(official.Config);
        OfficialWeights.Load(flow, official.Below("state."));
        flow.eval();
        return flow;
    }
}
