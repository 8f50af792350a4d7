namespace IResNet.Tests.Parity;

/// <summary>One block of an i-DenseNet, of images or at the end of an image model.</summary>
[Trait("Category", "OfficialParity")]
public class DenseNetBlockParityTests
{
    public static TheoryData<string?> Files => OfficialFixtures.OfKind("idensenet-block");

    [Theory, MemberData(nameof(Files))]
    public void WeightsOfTheConcatenations(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var (block, _, _) = Load(official);
        var etas = ((DenseNetBranch)block.Branch).Concatenations.Select(part => part.Weights());
        Expect.Close(
            stack([.. etas.Select(eta => cat([eta.input, eta.features]))]),
            official["eta"],
            ParityChecks.Exact,
            "eta"
        );
    }

    [Theory, MemberData(nameof(Files))]
    public void EffectiveWeights(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var (block, _, isFlat) = Load(official);
        var (expected, named) = (official.Below("effective."), ResidualFlowWeights.Named(block, isFlat));
        Assert.Equal(expected.Count, block.Branch.Layers.Count);
        foreach (var layer in block.Branch.Layers)
        {
            string name = named.Single(pair => ReferenceEquals(pair.Value, layer.Weight)).Key;
            Expect.Close(layer.EffectiveWeight(), expected[name], ParityChecks.Exact, name);
        }
    }

    [Theory, MemberData(nameof(Files))]
    public void OutputAndLogDeterminant(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var (block, x, _) = Load(official);
        var (y, logDet) = block.forward(x);
        Expect.Close(y.view_as(official["y"]), official["y"], ParityChecks.Exact, "y");
        Expect.Near(logDet, official["logdet_exact"], ParityChecks.Exact, "log-determinant");
        var norms = linalg.svdvals(block.Branch.Linearize(x).Jacobian()).amax([1]);
        Expect.Close(norms, official["jacobian_spectral_norm"], ParityChecks.Exact, "norm of the Jacobian");
        Assert.InRange(norms.max().ToDouble(), 0, block.Branch.LipschitzBound());
    }

    /// <summary>Closer to x than the official inverse, whose rule stops early.</summary>
    [Theory, MemberData(nameof(Files))]
    public void Inverse(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var (block, x, _) = Load(official);
        block.Branch.Freeze(FrozenNorm.PowerIteration);
        var back = block.Inverse(official["y"].view_as(x), 1e-9).Value;
        double error = Expect.MaxAbs(back - x),
            theirs = Expect.MaxAbs(official["x_inverse_official"].view_as(x) - x);
        Assert.InRange(error, 0, 1e-8);
        Assert.True(error < theirs, $"{error} is not below {theirs}");
    }

    /// <summary>Written as it was read.</summary>
    [Theory, MemberData(nameof(Files))]
    public void StateIsWrittenUnderTheOfficialNames(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var (block, _, isFlat) = Load(official);
        ParityChecks.SameState(ResidualFlowWeights.Named(block, isFlat), official.Below("state."));
    }

    private static (ResidualBlock block, Tensor x, bool isFlat) Load(OfficialFixture official)
    {
        Assert.Equal(0.1, official.Number("eta_offset"));
        bool isFlat = official.Flag("fully_connected", otherwise: false),
            learned = official.Flag("learnable_concat", otherwise: false);
        var shape = ResidualFlowFixture.Shape(official, "shape");
        var (growth, activation, options, concatenation) = (
            Enumerable.Repeat(official.Int("growth"), official.Int("depth")).ToList(),
            official.Activation,
            ResidualFlowFixture.SpectralNorm(official),
            official.Number("lip_coeff")
        );
        var state = official.Below("state.");
        var branch = isFlat
            ? new DenseNetBranch(
                shape.Dimensions,
                growth,
                options,
                activation,
                (int)state["nnet.nnet.0.weight"].size(0),
                learned,
                concatenation
            )
            : new DenseNetBranch(shape, growth, options, activation, learned, concatenation);
        var block = new ResidualBlock(branch, new ExactLogDet());
        block.to(state["lamb"].dtype).eval();
        ResidualFlowWeights.Load(ResidualFlowWeights.Named(block, isFlat), state);
        return (block, isFlat ? official["x"].flatten(1) : official["x"], isFlat);
    }
}
