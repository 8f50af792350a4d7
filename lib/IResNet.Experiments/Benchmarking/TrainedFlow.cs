using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Estimators;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Benchmarking;

/// <summary>
/// A density model after some hundred steps on MNIST. What inverses, norms and log-determinants cost depends on the
/// weights: at the start all Jacobians are small, and the norms reach their bound with training only.
/// </summary>
internal sealed class TrainedFlow : IDisposable
{
    private const int TrainingImages = 20_000,
        TestImages = 1_000;

    private TrainedFlow(MultiscaleFlow flow, Preprocessing preprocessing, ImageSplit test) =>
        (Flow, Preprocessing, Test) = (flow, preprocessing, test);

    /// <summary>The model, in training mode.</summary>
    public MultiscaleFlow Flow { get; }

    /// <summary>How images become inputs.</summary>
    public Preprocessing Preprocessing { get; }

    /// <summary>Held-out images.</summary>
    public ImageSplit Test { get; }

    /// <summary>Trains as the paper does, at batch 64; MNIST is fetched where it is missing.</summary>
    /// <param name="config">The model; for 3x32x32 images are padded and repeated as in the official code.</param>
    /// <param name="steps">Training steps.</param>
    public static TrainedFlow Of(FlowConfig config, int steps) => Train(config, [steps], (_, _) => { });

    /// <summary>The same, with a look at the model on the way.</summary>
    /// <param name="config">The model.</param>
    /// <param name="checkpoints">Steps after which to look, increasing; training ends with the last.</param>
    /// <param name="look">Takes the model and the step. It must not change the model.</param>
    public static TrainedFlow Train(FlowConfig config, IReadOnlyList<int> checkpoints, Action<MultiscaleFlow, int> look)
    {
        var preprocessing =
            config.Input.Channels == 1 ? Preprocessing.MnistDensity : Preprocessing.MnistDensityOfficial;
        var mnist = DataSets.Mnist().GetAwaiter().GetResult();
        var (train, test) = (mnist.Train[..TrainingImages], mnist.Test[..TestImages]);
        manual_seed(0);
        var flow = new MultiscaleFlow(config);
        var options = new DensityTrainingOptions
        {
            Steps = checkpoints[^1],
            Batch = 64,
            LearningRate = 3e-3,
            WarmUpSteps = 100,
            Estimator = new NeumannOptions { Terms = 5 },
        };
        using (
            var trainer = new Trainer(new DensityTask(flow, new(train, test, test), preprocessing, options), options)
        )
        {
            trainer.Initialize();
            for (int step = 1; step <= checkpoints[^1]; step++)
            {
                trainer.Next();
                if (checkpoints.Contains(step))
                    look(flow, step);
            }
        }
        return new(flow, preprocessing, test);
    }

    /// <summary>The first test images as the model takes them.</summary>
    public Tensor Images(int count) => Preprocessing.ToTensor(Test[..count], seed: 1);

    /// <summary>
    /// The same function in float64: the frozen model's weights as raw weights of a model that does not normalize. Its
    /// results are exact in comparison with float32.
    /// </summary>
    public MultiscaleFlow InDouble()
    {
        var config = Flow.Config;
        var exact = new MultiscaleFlow(config with { SpectralNorm = config.SpectralNorm with { Enabled = false } });
        exact.to(ScalarType.Float64);
        StateDict.Copy(OfficialWeights.Named(Flow), OfficialWeights.Named(exact));
        using var noGrad = no_grad();
        foreach (var (block, twin) in Flow.ResidualBlocks.Zip(exact.ResidualBlocks))
            foreach (var (layer, copy) in block.Branch.Layers.Zip(twin.Branch.Layers))
                copy.Weight.copy_(layer.EffectiveWeight());
        foreach (var norm in exact.ActNorms)
            norm.IsInitialized = true;
        exact.eval();
        return exact;
    }

    /// <inheritdoc/>
    public void Dispose() => Flow.Dispose();
}
