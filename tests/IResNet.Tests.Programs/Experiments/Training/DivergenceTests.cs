using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Optimizers;

namespace IResNet.Tests.Programs.Experiments.Training;

/// <summary>
/// Numbers that go wrong stop a run with a word that helps, or are left out; never do they reach the weights.
/// </summary>
public class DivergenceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnExplodingLossStopsTheRun()
    {
        using var flow = Tiny.Flow();
        var fault = await Assert.ThrowsAsync<TrainingDivergedException>(() =>
            DensityTraining.Run(
                flow,
                Tiny.Corners(),
                Tiny.Options with
                {
                    Optimizer = new SgdOptions(),
                    LearningRate = 1e3,
                    Steps = 200,
                },
                cancel: Cancel
            )
        );
        Assert.InRange(fault.Step, 2, 200);
        Assert.Contains("Last good checkpoint: none", fault.Message);
        AssertFinite(flow);
    }

    [Fact]
    public async Task ABrokenWeightIsNamedByItsLayer()
    {
        using var flow = Tiny.Flow();
        var sink = TrainingSink.OfSteps(step =>
        {
            if (step.Step == 5)
                Poison(flow.ResidualBlocks[2].Branch.Layers[1].Weight);
        });
        var fault = await Assert.ThrowsAsync<TrainingDivergedException>(() =>
            DensityTraining.Run(flow, Tiny.Corners(), Tiny.Options, sink, Cancel)
        );
        Assert.Equal(6, fault.Step);
        // squeeze, ActNorm, block, ActNorm, block, factor-out; behind it squeeze, ActNorm and the third block.
        Assert.Equal("ResidualBlock transform.bijections.5.rest.bijections.2", fault.Layer);
        Assert.StartsWith("Step 6: the loss is NaN. First seen in ResidualBlock", fault.Message);
    }

    [Fact]
    public void AnInfiniteGradientIsNamedAndNotApplied()
    {
        using var flow = Tiny.Flow();
        using var trainer = new Trainer(
            new Sabotaged(flow, (step, loss) => step == 3 ? Spoiled(loss, flow.Prior.Reference) : loss),
            Tiny.Options
        );
        trainer.Initialize();
        for (int i = 0; i < 3; i++)
            trainer.Next();
        using var before = Tiny.State(flow);
        var fault = Assert.Throws<TrainingDivergedException>(() => trainer.Next());
        Assert.Equal((4L, "the gradient of 'prior.mean'"), (fault.Step, fault.Layer));
        using var difference = Parameters(flow);
        AssertFinite(flow);
    }

    [Fact]
    public void ABadBatchIsLeftOutIfAsked()
    {
        using var flow = Tiny.Flow();
        using var trainer = new Trainer(
            new Sabotaged(flow, (step, loss) => step == 3 ? loss * float.NaN : loss),
            Tiny.Options with
            {
                OnDivergence = DivergencePolicy.Skip,
            }
        );
        trainer.Initialize();
        var results = Enumerable.Range(0, 6).Select(_ => trainer.Next()).ToList();
        Assert.Equal([false, false, false, true, false, false], results.Select(result => result.Skipped));
        Assert.Equal((6L, 5L), (trainer.Step, trainer.Optimizer.Updates));
        AssertFinite(flow);
    }

    [Fact]
    public void NothingButBadBatchesEndsARunAllTheSame()
    {
        using var flow = Tiny.Flow();
        using var trainer = new Trainer(
            new Sabotaged(flow, (_, loss) => loss * float.NaN),
            Tiny.Options with
            {
                OnDivergence = DivergencePolicy.Skip,
            }
        );
        trainer.Initialize();
        for (int i = 0; i < 10; i++)
            Assert.True(trainer.Next().Skipped);
        Assert.Throws<TrainingDivergedException>(() => trainer.Next());
    }

    [Fact]
    public void ANaNImageIsCaughtBeforeTheModel()
    {
        using var flow = Tiny.Flow();
        using var trainer = new Trainer(
            new Sabotaged(flow, (_, loss) => loss, spoil: images => images[0, 0, 0, 0] = float.NaN),
            Tiny.Options
        );
        var fault = Assert.Throws<TrainingDivergedException>(() => trainer.Next());
        Assert.StartsWith("Step 1: the batch is not finite.", fault.Message);
    }

    private static void Poison(Parameter weight)
    {
        using var noGrad = no_grad();
        weight.fill_(float.NaN);
    }

    /// <summary>The same value; its gradient with respect to the parameter is infinite.</summary>
    private static Tensor Spoiled(Tensor loss, Parameter parameter) => loss + (parameter.sum() * 0).sqrt();

    private static Tensor Parameters(nn.Module model) =>
        cat([.. model.parameters().Select(parameter => parameter.detach().flatten())]);

    private static void AssertFinite(nn.Module model)
    {
        using var scope = NewDisposeScope();
        Assert.True(isfinite(Parameters(model)).all().ToBoolean(), "a parameter is not finite");
    }
}
