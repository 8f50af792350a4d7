namespace IResNet.Tests.Parity;

/// <summary>A short official training run of the classifier, SGD with momentum on one batch.</summary>
[Trait("Category", "OfficialParity")]
public class TrainingTrajectoryParityTests
{
    public static TheoryData<string?> Files => OfficialFixtures.OfKind("training-trajectory");

    [Theory, MemberData(nameof(Files))]
    public void Losses(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        double[] losses = Train(official).losses;
        double[] expected = official["losses"].to(ScalarType.Float64).data<double>().ToArray();
        Assert.Equal(expected.Length, losses.Length);
        Assert.All(expected.Zip(losses), pair =>
            Assert.True(
                Math.Abs(pair.First - pair.Second) <= ParityChecks.Trajectory * Math.Abs(pair.First),
                $"{pair.First} against {pair.Second}"
            )
        );
    }

    [Theory, MemberData(nameof(Files))]
    public void FinalState(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var state = OfficialWeights.Named(Train(official).classifier);
        var initial = official.Below("initial.");
        foreach (var (name, final) in official.Below("final."))
            ParityChecks.SameAfterTraining(name, state[name], initial[name], final, ParityChecks.Trajectory);
    }

    private static (Classifier classifier, double[] losses) Train(OfficialFixture official)
    {
        Assert.Equal("SGD", official.Text("optimizer"));
        var classifier = new Classifier(official.Config with { NormBeforeSqueeze = true }, official.Int("classes"));
        OfficialWeights.Load(classifier, official.Below("initial."));
        classifier.train();
        using var optimizer = optim.SGD(
            classifier.parameters(),
            official.Number("lr"),
            momentum: official.Number("momentum"),
            weight_decay: official.Number("weight_decay")
        );
        double[] losses = new double[official.Int("steps")];
        for (int step = 0; step < losses.Length; step++)
        {
            using var scope = NewDisposeScope();
            classifier.zero_grad();
            var loss = nn.functional.cross_entropy(classifier.forward(official["x"]), official["target"]);
            losses[step] = loss.ToDouble();
            loss.backward();
            optimizer.step();
        }
        return (classifier, losses);
    }
}
