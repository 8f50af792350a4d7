namespace IResNet.Tests.Parity;

/// <summary>The official classifier in evaluation mode.</summary>
[Trait("Category", "OfficialParity")]
public class ClassifierParityTests
{
    public static TheoryData<string?> Files => OfficialFixtures.OfKind("classifier");

    [Theory, MemberData(nameof(Files))]
    public void EffectiveWeights(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var classifier = Load(official);
        ParityChecks.EffectiveWeights(official, OfficialWeights.Named(classifier), classifier.Body.ResidualBlocks);
    }

    [Theory, MemberData(nameof(Files))]
    public void Features(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        Expect.Close(Load(official).Features(official["x"]), official["z"], ParityChecks.Network, "z");
    }

    [Theory, MemberData(nameof(Files))]
    public void Logits(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        Expect.Close(Load(official).forward(official["x"]), official["logits"], ParityChecks.Network, "logits");
    }

    [Theory, MemberData(nameof(Files))]
    public void Inverse(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var inverse = Load(official).Body.Transform.Inverse(official["z"], FixedPoint.Iterations(100)).Value;
        Expect.Close(inverse, official["x_inverse"], ParityChecks.Network, "x_inverse");
        Expect.Close(inverse, official["x"], ParityChecks.Network, "x");
    }

    [Theory, MemberData(nameof(Files))]
    public void WeightsTravelBack(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        ParityChecks.SameState(OfficialWeights.Named(Load(official)), official.Below("state."));
    }

    private static Classifier Load(OfficialFixture official)
    {
        var classifier = new Classifier(official.Config with { NormBeforeSqueeze = true }, official.Int("classes"));
        OfficialWeights.Load(classifier, official.Below("state."));
        classifier.eval();
        return classifier;
    }
}
