using IResNet.Experiments.Figures;
using IResNet.Tests.Programs.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Figures;

public class RoundTripTests
{
    /// <summary>
    /// Small for a fresh network, and the control: scales of exp(-60) lose everything in single precision, which is
    /// seen.
    /// </summary>
    [Fact]
    public void ErrorsAreSeen()
    {
        Draw.Seed(1);
        using var scope = NewDisposeScope();
        var network = new Classifier(
            new()
            {
                Input = Tiny.Shape,
                Kind = BlockKind.AffineGlow,
                Blocks = [1, 1, 1],
                Strides = [1, 2, 2],
                Hidden = [8, 8, 8],
                InitialSqueeze = true,
            },
            classes: 4
        );
        network.eval();
        var x = randn(4, 1, 8, 8);
        Assert.InRange(RoundTrip.RelativeError(network, x), 0, 1e-5);
        using (no_grad())
            foreach (var (name, parameter) in network.named_parameters())
                if (name.EndsWith("net.4.bias", StringComparison.Ordinal))
                    parameter.fill_(-60);
        Assert.True(RoundTrip.RelativeError(network, x) > 0.1);
    }
}
