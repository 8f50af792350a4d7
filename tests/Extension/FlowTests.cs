using Extension.Parts;
using IResNet.Experiments.Data;
using IResNet.Experiments.Training;

namespace Extension;

/// <summary>A flow of parts from outside: trained, inverted with a certificate, saved and loaded.</summary>
public sealed class FlowTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task TrainsWithDensityTraining()
    {
        using var flow = Create();
        var own = new TwoTerms();
        flow.WithEstimator(own);
        var run = await DensityTraining.Run(
            flow,
            Stripes.Create(),
            new()
            {
                Steps = 60,
                Batch = 32,
                LearningRate = 0.02,
                EvaluationImages = 32,
                InitialExamples = 128,
            },
            cancel: Cancel
        );
        Assert.True(
            run.Losses.TakeLast(5).Average() < run.Losses.Take(5).Average() - 0.3,
            $"the loss went from {run.Losses[0]} to {run.Losses[^1]}"
        );
        Assert.InRange(run.Test!.BitsPerDim, 2, run.Losses[0]);
        // Five blocks in every step, and in the evaluation's batch.
        Assert.Equal(5 * (60 + 1), own.Calls);
        JudgeInverse(flow);
        JudgeFile(flow);
    }

    /// <summary>
    /// An evaluator of one's own looks at every block, also in bijections from outside; nobody can train with it, as it
    /// is no estimator. The model's own estimator stays in its place.
    /// </summary>
    [Fact]
    public void AnEvaluatorOfOnesOwnEvaluates()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var flow = Create();
        var own = new TwoTerms();
        flow.WithEstimator(own).Freeze();
        var x = rand(4, 1, 8, 8) - 0.5;
        var (logPrior, logDet) = flow.LogProbTerms(x, new FullJacobian());
        Assert.Equal((0, 64 * 3 + 32 * 2), (own.Calls, logDet.Products));
        var exact = flow.LogProb(x, _ => new ExactLogDet());
        Assert.InRange((logPrior + logDet.Value - exact).abs().max().ToDouble(), 0, 1e-4);
        Assert.True((flow.forward(x) - exact).abs().max().ToDouble() > 1e-3);
        Assert.Equal(5, own.Calls);
    }

    [Fact]
    public void TrainsInALoopOfOnesOwn()
    {
        using var scope = NewDisposeScope();
        var flow = Create();
        flow.WithEstimator(new TwoTerms());
        var batches = new Batches(Stripes.Create().Train, new() { Dequantise = true }, seed: 1, new() { Size = 32 });
        using var optimizer = optim.Adamax(flow.parameters(), 0.02);
        var losses = new List<double>();
        long tensors = 0;
        for (int step = 0; step < 40; step++)
        {
            if (step == 20)
                tensors = Tensor.TotalCount;
            using var inner = NewDisposeScope();
            var loss = -flow.forward(batches.Next(TestContext.Current.CancellationToken).Images).mean();
            flow.zero_grad();
            loss.backward();
            optimizer.step();
            losses.Add(loss.ToDouble());
        }
        Assert.True(losses[^1] < losses[0] - 10, $"the loss went from {losses[0]} to {losses[^1]}");
        Assert.InRange(Tensor.TotalCount - tensors, -1000, 50);
        flow.Freeze();
        JudgeInverse(flow);
        JudgeFile(flow);
    }

    /// <summary>Configurations carry parts from outside as they carry the library's own.</summary>
    [Fact]
    public void AConfigurationTakesOnesOwnBlocksAndActivations()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var parallel = new BlockKind("Parallel", site =>
            [new ResidualBlock(new ParallelBranch(site.Shape!.Value, activation: site.Activation))]
        );
        var flow = new MultiscaleFlow(
            new FlowConfig
            {
                Input = Stripes.Shape,
                InitialSqueeze = true,
                Blocks = [2, 1],
                Kind = parallel,
                Activation = Wave.Kind,
            }
        );
        Assert.Equal(3, flow.ResidualBlocks.Count);
        Assert.All(flow.ResidualBlocks, block => Assert.IsType<ParallelBranch>(block.Branch));
        Assert.Equal([4], flow.forward(randn(4, 1, 8, 8)).shape);
        flow.Freeze();
        Assert.Equal([4, 1, 8, 8], flow.Sample(4).shape);

        var coupling = new MultiscaleFlow(
            flow.Config with
            {
                Kind = BlockKind.AffineGlow,
                Activation = SplitSoftplus.Kind,
            }
        );
        Assert.Equal([4], coupling.forward(randn(4, 1, 8, 8)).shape);
        var points = new ToyFlow(2, [6, 5], activation: SplitSoftplus.Kind, dimensions: 3);
        Assert.Equal([4], points.forward(randn(4, 3)).shape);
    }

    private static MixedFlow Create()
    {
        manual_seed(1);
        return new MixedFlow();
    }

    private static void JudgeInverse(Flow flow)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        // All blocks are found, in forward order, in bijections from outside as well.
        Assert.Equal(
            ["ParallelBranch", "ConvBranch", "ForwardOnlyBranch", "SequentialBranch", "ConvBranch"],
            flow.ResidualBlocks.Select(block => block.Branch.GetType().Name)
        );
        Assert.All(flow.ResidualBlocks, block => Assert.InRange(block.Branch.LipschitzBound(), 0, 0.9 + 1e-6));
        var x = flow.Sample(8, solver: new Relaxation(1.05));
        var back = flow.Transform.Inverse(flow.LatentsOf(x), new Relaxation(1.05));
        double error = (back.Value - x).flatten(1).norm(1).max().ToDouble();
        Assert.InRange(back.ErrorBound, 1e-9, 1e-2);
        // Rounding of the evaluation itself is no part of the bound.
        Assert.InRange(error, 0, back.ErrorBound + 1e-4);
    }

    private void JudgeFile(Flow flow)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        SafeTensors.Save(_file, flow.state_dict());
        manual_seed(2);
        var other = new MixedFlow();
        using var file = SafeTensors.Load(_file);
        StateDict.Copy(file.Tensors, other.state_dict());
        var x = rand(4, 1, 8, 8) - 0.5;
        foreach (var model in new[] { flow, other })
            model.WithEstimator(new ExactLogDet()).Freeze();
        Assert.Equal(flow.forward(x).data<float>().ToArray(), other.forward(x).data<float>().ToArray());
    }
}
