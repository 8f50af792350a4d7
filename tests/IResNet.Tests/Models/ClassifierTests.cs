namespace IResNet.Tests.Models;

/// <summary>The classifier: its head, and that its body can be undone.</summary>
public class ClassifierTests
{
    private static readonly FlowConfig Config = new()
    {
        Input = new(2, 8, 8),
        Blocks = [1, 1],
        Strides = [1, 2],
        Hidden = [6, 6],
        Padding = 3,
    };

    [Fact]
    public void LogitsAreThoseOfTheHead()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        var classifier = Draw.Prepared(new Classifier(Config, classes: 4));
        var x = Draw.Normal(3, 2, 8, 8);
        var features = classifier.Features(x);
        Assert.Equal([3, 20, 4, 4], features.shape);
        var (mean, variance) = (classifier.Norm.running_mean!, classifier.Norm.running_var!);
        var normalized =
            (features - mean.view(1, -1, 1, 1))
                / (variance + 1e-5).sqrt().view(1, -1, 1, 1)
                * classifier.Norm.weight!.view(1, -1, 1, 1)
            + classifier.Norm.bias!.view(1, -1, 1, 1);
        var pooled = normalized.clamp_min(0).flatten(2).mean([2]);
        Expect.Close(
            classifier.forward(x),
            pooled.mm(classifier.Logits.weight!.t()) + classifier.Logits.bias!,
            1e-12,
            "logits"
        );
    }

    [Fact]
    public void FeaturesReconstructTheInput()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(2);
        var classifier = Draw.Prepared(new Classifier(Config, classes: 4));
        var x = Draw.Normal(3, 2, 8, 8);
        Expect.Close(
            classifier.Body.Transform.Inverse(classifier.Features(x), 1e-12).Value,
            x,
            1e-10,
            "reconstruction"
        );
    }

    /// <summary>
    /// Statistics over all batches together, however they are cut: what BatchNorm makes of those images then has mean 0
    /// and variance 1.
    /// </summary>
    [Fact]
    public void UpdatedBatchNormStandardizesTheFeatures()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(4);
        var classifier = Draw.Prepared(new Classifier(Config, classes: 4));
        var x = 3 * Draw.Normal(7, 2, 8, 8) + 1;
        (Tensor, Tensor) Moments()
        {
            var features = classifier.Features(x);
            var normalized =
                (features - classifier.Norm.running_mean!.view(1, -1, 1, 1))
                / classifier.Norm.running_var!.view(1, -1, 1, 1).sqrt();
            return (normalized.mean([0, 2, 3]), normalized.var([0, 2, 3]));
        }
        var (mean, variance) = Moments();
        Assert.False(
            mean.allclose(zeros_like(mean), atol: 0.1) || variance.allclose(ones_like(variance), atol: 0.1),
            "the statistics fitted before"
        );
        classifier.UpdateBatchNorm([x[..3], x[3..4], x[4..]]);
        (mean, variance) = Moments();
        Expect.Close(mean, zeros_like(mean), 1e-12, "mean");
        Expect.Close(variance, ones_like(variance), 1e-12, "variance");
        Assert.Throws<ArgumentException>(() => classifier.UpdateBatchNorm([]));
    }

    /// <summary>
    /// One image whose last map is a single pixel has no variance: an error, not NaN in BatchNorm's running variance.
    /// </summary>
    [Fact]
    public void TrainingOnOneValueAChannelIsRefused()
    {
        using var scope = NewDisposeScope();
        var classifier = new Classifier(
            new FlowConfig
            {
                Input = new(2, 4, 4),
                Blocks = [1, 1],
                Strides = [2, 2],
                Hidden = [4, 4],
            },
            classes: 3
        );
        classifier.train();
        Assert.Throws<ShapeException>(() => classifier.forward(randn(1, 2, 4, 4)));
        Assert.True(isfinite(classifier.Norm.running_var!).all().ToBoolean());
        classifier.forward(randn(2, 2, 4, 4));
        classifier.eval();
        Assert.True(isfinite(classifier.forward(randn(1, 2, 4, 4))).all().ToBoolean());
    }

    [Fact]
    public void LearnsATask()
    {
        Draw.Seed(3);
        using var classifier = new Classifier(Config, classes: 2);
        using var optimizer = optim.Adam(classifier.parameters(), 0.01);
        using var x = randn(32, 2, 8, 8);
        using var target = (x.mean([1, 2, 3]) > 0).to(ScalarType.Int64);
        double first = 0,
            last = 0;
        for (int step = 0; step < 40; step++)
        {
            using var scope = NewDisposeScope();
            classifier.zero_grad();
            var loss = nn.functional.cross_entropy(classifier.forward(x), target);
            last = loss.ToDouble();
            if (step == 0)
                first = last;
            loss.backward();
            optimizer.step();
        }
        Assert.True(last < 0.5 * first, $"{first:g3} to {last:g3}");
        Assert.All(classifier.Body.ActNorms, actNorm => Assert.True(actNorm.IsInitialized));
    }
}
