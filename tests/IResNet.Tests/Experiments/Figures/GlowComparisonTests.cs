using IResNet.Experiments.Figures;
using IResNet.Experiments.Training;
using IResNet.Tests.Experiments.Training;

namespace IResNet.Tests.Experiments.Figures;

/// <summary>The networks of Table 3, in small.</summary>
public class GlowComparisonTests
{
    private static readonly GlowScale Scale = new()
    {
        Blocks = 1,
        Hidden = 8,
        Steps = 60,
        Batch = 32,
        TestImages = 64,
    };

    [Fact]
    public async Task EachNetworkIsWhatItsNameSaysAndLearns()
    {
        var data = Tiny.Corners();
        foreach (var variant in GlowVariant.All)
        {
            using var trained = await GlowComparison.Train(
                variant,
                data,
                Scale,
                cancel: TestContext.Current.CancellationToken
            );
            Assert.True(trained.Training.Test!.Error < 0.5, $"{variant.Name}: {trained.Training.Test}; chance is 75 %");
            var parts = trained.Network.Body.Transform.Bijections;
            Assert.Equal(3, parts.Count(part => part is CouplingLayer or ResidualBlock));
            Assert.Equal(variant.Kind == BlockKind.Residual, parts.OfType<ResidualBlock>().Any());
            Assert.Equal(variant.Kind == BlockKind.AffineGlow, parts.OfType<InvertibleLinear>().Any());
            Assert.Equal(variant.Kind != BlockKind.Residual, variant.Optimizer == OptimizerKind.Adamax);
        }
    }

    /// <summary>Glow-style means the same feature maps and widths: all but the blocks is equal.</summary>
    [Fact]
    public void GlowStyleMatchesGlow()
    {
        var shape = new ImageShape(3, 32, 32);
        Assert.Equal(
            GlowVariant.Affine.Config(Scale, shape) with
            {
                Kind = BlockKind.Residual,
                Blocks = [],
                Strides = [],
                Hidden = [],
            },
            GlowVariant.GlowStyle.Config(Scale, shape) with
            {
                Blocks = [],
                Strides = [],
                Hidden = [],
            }
        );
        using var own = new SingleScaleFlow(GlowVariant.IResNet.Config(Scale, shape));
        Assert.Equal(new ImageShape(12 * 16, 8, 8), own.Output);
        using var style = new SingleScaleFlow(GlowVariant.GlowStyle.Config(Scale, shape));
        Assert.Equal(new ImageShape(12 * 16, 4, 4), style.Output);
    }

    /// <summary>
    /// Small for a fresh network, and the control: scales of exp(-60) lose everything in single precision, which is
    /// seen.
    /// </summary>
    [Fact]
    public void RoundTripErrorsAreSeen()
    {
        Draw.Seed(1);
        using var scope = NewDisposeScope();
        var network = new Classifier(GlowVariant.Affine.Config(Scale, Tiny.Shape), 4);
        var trained = new GlowClassifier(
            GlowVariant.Affine,
            network,
            new(TrainingOutcome.Finished, 0, 0, [], [], null)
        );
        network.eval();
        var x = randn(4, 1, 8, 8);
        Assert.InRange(trained.RoundTripError(x), 0, 1e-5);
        using (no_grad())
            foreach (var (name, parameter) in network.named_parameters())
                if (name.EndsWith("net.4.bias", StringComparison.Ordinal))
                    parameter.fill_(-60);
        Assert.True(trained.RoundTripError(x) > 0.1);
    }
}
