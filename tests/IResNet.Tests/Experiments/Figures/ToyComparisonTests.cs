using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using IResNet.Experiments.Figures;
using IResNet.Experiments.Runs;

namespace IResNet.Tests.Experiments.Figures;

/// <summary>Figure 2 in small.</summary>
public class ToyComparisonTests
{
    private static readonly ToyScale Small = new()
    {
        Blocks = 4,
        Hidden = [8],
        GlowHidden = [9],
        Steps = 60,
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void ModelsAreEquallyDeepAndGlowIsNotSmaller()
    {
        foreach (var scale in new[] { new ToyScale(), Small })
        {
            using var residual = scale.Of("moons", BlockKind.Residual).CreateModel(CPU);
            using var glow = scale.Of("moons", BlockKind.AffineGlow).CreateModel(CPU);
            int couplings = glow.Flow.Transform.Bijections.OfType<CouplingLayer>().Count();
            Assert.Equal((scale.Blocks, scale.Blocks), (residual.Flow.ResidualBlocks.Count, couplings));
            long Count(TrainedModel model) =>
                model
                    .Module.parameters()
                    .Where(parameter => parameter.requires_grad)
                    .Sum(parameter => parameter.numel());
            Assert.InRange(Count(glow) / (double)Count(residual), 1, 1.1);
        }
        var (one, other) = (
            Small.Of("moons", BlockKind.Residual, seed: 3),
            Small.Of("moons", BlockKind.AffineGlow, seed: 3)
        );
        Assert.Equal(
            ExperimentJson.Write(one with { Name = "", Model = new() }),
            ExperimentJson.Write(other with { Name = "", Model = new() })
        );
    }

    /// <summary>Trained, exported, opened: the same figure on the same points; and both learn.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public async Task AModelTrainsAndDescribesADensity(bool residual)
    {
        var kind = residual ? BlockKind.Residual : BlockKind.AffineGlow;
        using var untrained = await ToyComparison.Train(
            Small.Of("moons", kind) with
            {
                Training = Small.Of("moons", kind).Training with { Steps = 0 },
            },
            cancel: Cancel
        );
        using var fit = await ToyComparison.Train(Small.Of("moons", kind), cancel: Cancel);
        Assert.True(fit.Test.High < untrained.Test.Low, $"{untrained.Test} to {fit.Test}");
        using var density = ToyComparison.Density(fit.Model.Flow, 100, 6);
        Assert.InRange(ToyComparison.Mass(density, 6), 0.97, 1.01);
        // Row and column 30 of 100: a cell's centre, rows upwards.
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var point = tensor(
            new[,]
            {
                { (70 + 0.5f) * 0.12f - 6, (30 + 0.5f) * 0.12f - 6 },
            }
        );
        Assert.Equal(fit.Model.Flow.forward(point).exp().ToSingle(), density[30, 70].ToSingle(), 1e-5f);

        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        try
        {
            using (var saved = new SavedModel(fit.Experiment, Small.Of("moons", kind).CreateModel(CPU), "test"))
            {
                StateDict.Copy(fit.Model.Module.state_dict(), saved.Model.Module.state_dict());
                Exchange.Export(saved, path);
            }
            using var opened = await ToyComparison.Open(path, Cancel);
            Assert.Equal(fit.Test.Value, opened.Test.Value, 1e-4);
            Assert.Equal(fit.Parameters, opened.Parameters);
            Assert.False(opened.Model.Flow.training);
            Assert.All(opened.Model.Flow.ResidualBlocks, block =>
                Assert.All(block.Branch.Layers, layer => Assert.True(layer.IsFrozen))
            );
        }
        finally
        {
            File.Delete(path);
        }
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
        Assert.Equal(-logDensity.mean().ToDouble(), ToyComparison.Entropy("8gaussians")!.Value, 0.01);

        var board = ToyData.Sample("checkerboard", 200_000, new Generator(3), ScalarType.Float64);
        var cells = ((board + 4) * 4).floor().to(ScalarType.Int64);
        int occupied = (int)
            bincount(cells.select(1, 1) * 32 + cells.select(1, 0), minlength: 1024).gt(0).sum().ToInt64();
        Assert.Equal(Math.Log(occupied / 16.0), ToyComparison.Entropy("checkerboard")!.Value, 1e-12);
        Assert.Null(ToyComparison.Entropy("2spirals"));
    }
}
