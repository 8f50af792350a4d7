using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>
/// Size and length of the trainings of a comparison, the same for all its networks. The paper: 18 blocks a stage,
/// 78,000 steps of 128.
/// </summary>
public sealed record ClassifierScale
{
    /// <summary>Residual blocks in each of the three stages.</summary>
    public int Blocks { get; init; } = 1;

    /// <summary>
    /// Channels to which the images are padded with zeros before the first block of an i-ResNet, at least the images'
    /// own.
    /// </summary>
    public int Channels { get; init; } = 8;

    /// <summary>Width of the i-ResNet's branches in each stage.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [16, 32, 32];

    /// <summary>Width of the baseline's 3x3 convolutions in each stage.</summary>
    public IReadOnlyList<int> Widths { get; init; } = [8, 16, 32];

    /// <summary>
    /// Power iterations a step. The paper's one lags behind weights that change as fast as in a short training, and the
    /// network with certified norms, which is tested, is then not the one that was trained.
    /// </summary>
    public int PowerIterations { get; init; } = 15;

    /// <summary>
    /// Training steps, by stochastic gradient descent with momentum at 0.1 as in the paper: a tenth of them warm-up,
    /// times 0.2 after 60 and 80 %.
    /// </summary>
    public int Steps { get; init; } = 200;

    /// <summary>Images a step.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>Test images, from the first on.</summary>
    public int TestImages { get; init; } = 2000;

    /// <summary>The seed of initial weights, order and augmentation.</summary>
    public int Seed { get; init; } = 1;
}

/// <summary>One network of a comparison, trained.</summary>
/// <param name="Variant">Which one.</param>
/// <param name="Network">From images to logits, ready for evaluation; an i-ResNet's body is frozen at certified norms.
/// Disposed with this.</param>
/// <param name="Parameters">How many numbers it learned.</param>
/// <param name="Training">Losses, time and test error.</param>
public sealed record ComparedClassifier(
    ClassifierVariant Variant,
    nn.Module<Tensor, Tensor> Network,
    long Parameters,
    TrainingResult<ClassifierEvaluation> Training
) : IDisposable
{
    /// <summary>Mean time of a training step in seconds.</summary>
    public double SecondsPerStep => Training.Seconds / Training.Steps;

    /// <inheritdoc/>
    public void Dispose() => Network.Dispose();
}

/// <summary>Trains the networks of Table 2 alike, so that only what is compared differs.</summary>
public static class ClassifierComparison
{
    /// <summary>Trains one network and measures it on test images.</summary>
    /// <param name="variant">Which network.</param>
    /// <param name="data">The images.</param>
    /// <param name="scale">Size and length.</param>
    /// <param name="sink">Told about every step; nobody by default.</param>
    /// <param name="cancel">Ends the training after the step in hand; then there is no test error.</param>
    /// <exception cref="ArgumentException">The scale is impossible.</exception>
    /// <exception cref="TrainingDivergedException">Loss or gradient is not finite.</exception>
    public static async Task<ComparedClassifier> Train(
        ClassifierVariant variant,
        ImageDataSet data,
        ClassifierScale scale,
        ITrainingSink? sink = null,
        CancellationToken cancel = default
    )
    {
        var network = variant.Create(scale, data.Shape, data.Classes.Count);
        var training = await ComparedTraining.Run(
            network,
            data,
            ComparedTraining.Options(scale.Steps, scale.Batch, scale.TestImages, (ulong)scale.Seed),
            sink,
            cancel
        );
        return new(variant, network, network.parameters().Sum(parameter => parameter.numel()), training);
    }
}
