namespace IResNet.Tests.Parity;

/// <summary>One official residual block, ActNorm first.</summary>
[Trait("Category", "OfficialParity")]
public class BlockParityTests
{
    public static TheoryData<string?> Files => OfficialFixtures.OfKind("block");

    [Theory, MemberData(nameof(Files))]
    public void EffectiveWeights(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var (actNorm, block) = Load(official);
        ParityChecks.EffectiveWeights(official, OfficialWeights.Named(block, actNorm), [block]);
    }

    [Theory, MemberData(nameof(Files))]
    public void Output(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        Expect.Close(Sequence(official).forward(official["x"]).y, official["y"], ParityChecks.Block, "y");
    }

    [Theory, MemberData(nameof(Files))]
    public void Inverse(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var result = Sequence(official).Inverse(official["y"], FixedPoint.Iterations(100));
        Expect.Close(result.Value, official["x_inverse"], ParityChecks.Block, "x_inverse");
        Expect.Close(result.Value, official["x"], ParityChecks.Block, "x");
    }

    [Theory, MemberData(nameof(Files))]
    public void InverseErrorByIteration(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var sequence = Sequence(official);
        float[] expected = official["inverse_max_abs_error_by_iteration"].data<float>().ToArray();
        double floor = 16 * finfo(ScalarType.Float32).eps * Expect.MaxAbs(official["x"]);
        for (int n = 0; n < expected.Length; n++)
        {
            double error = Expect.MaxAbs(
                sequence.Inverse(official["y"], FixedPoint.Iterations(n)).Value - official["x"]
            );
            Assert.True(
                Math.Abs(error - expected[n]) <= 1e-3 * expected[n] + floor,
                $"after {n} iterations: error {error:g4}, official {expected[n]:g4}"
            );
        }
    }

    [Theory, MemberData(nameof(Files))]
    public void ActNormLogDet(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var logDet = Load(official).actNorm.forward(official["x"]).logDet;
        Expect.Close(logDet, official["actnorm_logdet"].expand(logDet.size(0)), 1e-6, "actnorm_logdet");
    }

    [Theory, MemberData(nameof(Files))]
    public void ResidualLogDet(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var (actNorm, block) = Load(official, ScalarType.Float64);
        block.Estimator = new ExactLogDet();
        var logDet = block.forward(actNorm.forward(official["x"].to(ScalarType.Float64)).y).logDet;
        Expect.Close(logDet, official["residual_logdet_exact"], 1e-6, "residual_logdet_exact");
    }

    [Theory, MemberData(nameof(Files))]
    public void SeriesPartialSums(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var (actNorm, block) = Load(official, ScalarType.Float64);
        var x = actNorm.forward(official["x"].to(ScalarType.Float64)).y;
        var expected = official["residual_logdet_series_exact_trace"];
        long d = x.numel() / x.size(0);
        for (int n = 1; n <= expected.size(1); n++)
        {
            // The d unit vectors as probes give the exact trace: their quadratic forms sum to it.
            block.Estimator = new PowerSeries(n, (int)d, new UnitVectors());
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var sum = block.forward(x).logDet * d;
            Expect.Close(sum, expected.select(1, n - 1), 1e-6, $"{n} terms");
        }
    }

    [Theory, MemberData(nameof(Files))]
    public void WeightsTravelBack(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var (actNorm, block) = Load(official);
        ParityChecks.SameState(OfficialWeights.Named(block, actNorm), official.Below("state."));
    }

    private static Sequence Sequence(OfficialFixture official)
    {
        var (actNorm, block) = Load(official);
        block.Estimator = new NoLogDet();
        var sequence = new Sequence(actNorm, block);
        sequence.eval();
        return sequence;
    }

    private static (ActNorm actNorm, ResidualBlock block) Load(
        OfficialFixture official,
        ScalarType dtype = ScalarType.Float32
    )
    {
        var actNorm = new ActNorm(official.Shape.Channels);
        var block = new ResidualBlock(
            new ConvBranch(
                official.Shape,
                official.Int("int_ch"),
                official.SpectralNorm,
                official.Activation,
                official.Flag("input_nonlin", otherwise: true)
            )
        );
        StateDict.Copy(official.Below("state."), OfficialWeights.Named(block, actNorm));
        actNorm.IsInitialized = true;
        actNorm.to(dtype).eval();
        block.to(dtype).eval();
        return (actNorm, block);
    }

    private sealed class UnitVectors : Probes
    {
        public override Tensor Draw(int samples, IReadOnlyList<long> shape, Tensor like) =>
            eye(samples, dtype: like.dtype)
                .unsqueeze(1)
                .expand(samples, shape[0], samples)
                .reshape([samples * shape[0], .. shape.Skip(1)]);
    }
}
