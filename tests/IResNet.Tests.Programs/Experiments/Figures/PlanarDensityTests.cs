using IResNet.Experiments.Data;
using IResNet.Experiments.Figures;
using IResNet.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Figures;

/// <summary>Figure 2 in small.</summary>
public class PlanarDensityTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Trained, it is a density that has learned: it integrates to 1 and lies on the data.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public async Task AModelTrainsAndDescribesADensity(bool residual)
    {
        var kind = residual ? BlockKind.Residual : BlockKind.AffineGlow;
        manual_seed(1);
        using var flow = new ToyFlow(
            new ToyFlowConfig
            {
                Kind = kind,
                Blocks = 4,
                Hidden = [8],
            }
        );
        var options = new ToyTrainingOptions { Steps = 60, LearningRate = 0.01 };
        var untrained = await ToyTraining.Run(flow, "moons", options with { Steps = 0 }, cancel: Cancel);
        var trained = await ToyTraining.Run(flow, "moons", options, cancel: Cancel);
        Assert.True(trained.Test!.High < untrained.Test!.Low, $"{untrained.Test} to {trained.Test}");
        using var density = PlanarDensity.OnGrid(flow, 100, 6);
        Assert.InRange(PlanarDensity.Mass(density, 6), 0.97, 1.01);
        // Row and column 30 of 100: a cell's centre, rows upwards.
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var point = tensor(
            new[,]
            {
                { (70 + 0.5f) * 0.12f - 6, (30 + 0.5f) * 0.12f - 6 },
            }
        );
        Assert.Equal(flow.forward(point).exp().ToSingle(), density[30, 70].ToSingle(), 1e-5f);
    }

    /// <summary>
    /// A uniform density's entropy is the logarithm of its area; the eight Gaussians' is the mean of -ln p, p being
    /// their mixture.
    /// </summary>
    [Fact]
    public void EntropiesAreThoseOfTheData()
    {
        using var scope = NewDisposeScope();
        var x = ToyData.Sample("8gaussians", 200_000, new Generator(3), ScalarType.Float64);
        var angles = arange(8, dtype: ScalarType.Float64) * (Math.PI / 4);
        var centres = 4 / 1.414 * stack([angles.cos(), angles.sin()], dim: 1);
        double variance = 0.25 / (1.414 * 1.414);
        var squares = (x.unsqueeze(1) - centres).square().sum(2);
        var logDensity = (-squares / (2 * variance)).logsumexp(1) - Math.Log(8 * 2 * Math.PI * variance);
        Assert.Equal(-logDensity.mean().ToDouble(), PlanarDensity.Entropy("8gaussians")!.Value, 0.01);

        var board = ToyData.Sample("checkerboard", 200_000, new Generator(3), ScalarType.Float64);
        var cells = ((board + 4) * 4).floor().to(ScalarType.Int64);
        int occupied = (int)
            bincount(cells.select(1, 1) * 32 + cells.select(1, 0), minlength: 1024).gt(0).sum().ToInt64();
        Assert.Equal(Math.Log(occupied / 16.0), PlanarDensity.Entropy("checkerboard")!.Value, 1e-12);
        Assert.Null(PlanarDensity.Entropy("2spirals"));
    }
}
