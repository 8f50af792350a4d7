namespace IResNet.Tests.Parity;

/// <summary>One block of the Residual Flows code with numbers in float64 that are exact.</summary>
[Trait("Category", "OfficialParity")]
public class ResidualBlockParityTests
{
    public static TheoryData<string?> Files => OfficialFixtures.OfKind("residual-block-exact");

    [Theory, MemberData(nameof(Files))]
    public void EffectiveWeights(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        ParityChecks.EffectiveWeights(official, Load(official));
    }

    [Theory, MemberData(nameof(Files))]
    public void Output(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        using var noGrad = no_grad();
        var y = new ResidualBlock(Load(official), new NoLogDet()).forward(official["x"]).y;
        Expect.Close(y, official["y"], ParityChecks.Exact, "y");
    }

    [Theory, MemberData(nameof(Files))]
    public void LogDet(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        using var noGrad = no_grad();
        var logDet = new ExactLogDet().Estimate(Load(official).Linearize(official["x"]));
        foreach (string name in new[] { "logdet_exact", "logdet_brute_force_official" })
            if (official.Has(name))
                Expect.Near(logDet, official[name], ParityChecks.Exact, name);
    }

    [Theory, MemberData(nameof(Files))]
    public void SeriesPartialSums(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        using var noGrad = no_grad();
        var g = Load(official).Linearize(official["x"]);
        var expected = official["logdet_series_by_terms"];
        Assert.Equal(official.Int("series_terms"), expected.size(1));
        for (int n = 1; n <= expected.size(1); n++)
        {
            var sum = new PowerSeries(n, (int)g.Dimensions, new UnitVectors()).Estimate(g);
            Expect.Near(sum, expected.select(1, n - 1), ParityChecks.Exact, $"{n} terms");
            if (n == expected.size(1) && official.Has("logdet_series_exact_trace_official"))
                Expect.Near(sum, official["logdet_series_exact_trace_official"], ParityChecks.Exact, "official series");
        }
    }

    /// <summary>
    /// To rounding with enough iterations, and with the default tolerance far closer to x than the official rule comes.
    /// </summary>
    [Theory, MemberData(nameof(Files))]
    public void Inverse(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var block = new ResidualBlock(Load(official), new NoLogDet());
        double Error(InverseSolver? solver) =>
            Expect.MaxAbs(block.Inverse(official["y"], solver).Value - official["x"]);
        Assert.InRange(Error(FixedPoint.Iterations(500)), 0, ParityChecks.Exact * Expect.MaxAbs(official["x"]));
        Assert.InRange(Error(null), 0, 0.1 * official["x_inverse_official_max_abs_error"].ToDouble());
    }

    /// <summary>J's norm as they found it, below our certified bound.</summary>
    [Theory, MemberData(nameof(Files))]
    public void JacobianNorm(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        using var noGrad = no_grad();
        var branch = Load(official);
        var norms = linalg.svdvals(branch.Linearize(official["x"]).Jacobian()).amax([1]);
        Expect.Close(norms, official["jacobian_spectral_norm"], ParityChecks.Exact, "norms");
        Assert.True(norms.max().ToDouble() <= branch.LipschitzBound());
    }

    private static SequentialBranch Load(OfficialFixture official) =>
        ResidualFlowBranch.Load(official.Below("state.nnet."), official.Activation, official.Number("coeff"));
}
