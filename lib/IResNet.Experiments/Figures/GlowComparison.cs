using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>
/// Size and length of Table 3's trainings, the same for all its networks. The paper's sizes are not known to us; it
/// trains for 200 epochs.
/// </summary>
public sealed record GlowScale
{
    /// <summary>Blocks in each of the three stages.</summary>
    public int Blocks { get; init; } = 2;

    /// <summary>Width of the branches and of the coupling layers' networks.</summary>
    public int Hidden { get; init; } = 32;

    /// <summary>Training steps; the rate is raised over the first tenth, and times 0.2 after 60 and 80 %.</summary>
    public long Steps { get; init; } = 300;

    /// <summary>Images a step.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>Test images, from the first on.</summary>
    public int TestImages { get; init; } = 2000;

    /// <summary>The seed of initial weights, order and augmentation.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>A column of Table 3: a network, and the optimiser that it is trained with.</summary>
public sealed record GlowVariant
{
    private const double Coefficient = 0.9;

    // With the paper's one, the norms lag behind the weights in so short a training, and the certified network is not
    // the one that was trained.
    private const int PowerIterations = 15;

    private GlowVariant(
        string name,
        BlockKind kind,
        bool squeezed,
        OptimizerKind optimizer,
        double rate,
        double paper
    ) => (Name, Kind, IsSqueezed, Optimizer, LearningRate, PaperError) = (name, kind, squeezed, optimizer, rate, paper);

    /// <summary>The name in tables.</summary>
    public string Name { get; }

    /// <summary>What the blocks are.</summary>
    public BlockKind Kind { get; }

    /// <summary>
    /// Whether the image is squeezed before the first block, as in Glow; else it is padded with zero channels to as
    /// many, at full size, as in the i-ResNet.
    /// </summary>
    public bool IsSqueezed { get; }

    /// <summary>
    /// The paper: gradient descent with momentum for i-ResNets; "every Glow variant needed Adam or Adamax with a much
    /// smaller rate".
    /// </summary>
    public OptimizerKind Optimizer { get; }

    /// <summary>The rate after warm-up. The paper gives 0.1 for i-ResNets and none for Glow.</summary>
    public double LearningRate { get; }

    /// <summary>The paper's test error on CIFAR-10 in per cent, from memory and unverified.</summary>
    public double PaperError { get; }

    /// <summary>Learned 1x1 convolutions and affine couplings.</summary>
    public static GlowVariant Affine { get; } =
        new("affine Glow, 1x1 convolution", BlockKind.AffineGlow, true, OptimizerKind.Adamax, 0.002, 12.63);

    /// <summary>Reversal and additive couplings.</summary>
    public static GlowVariant Additive { get; } =
        new("additive Glow, reversal", BlockKind.AdditiveGlow, true, OptimizerKind.Adamax, 0.002, 12.36);

    /// <summary>
    /// The i-ResNet in Glow's architecture: the same layers and channels, residual blocks for couplings.
    /// </summary>
    public static GlowVariant GlowStyle { get; } =
        new("i-ResNet, Glow-style", BlockKind.Residual, true, OptimizerKind.Sgd, 0.1, 8.03);

    /// <summary>The i-ResNet in its own architecture.</summary>
    public static GlowVariant IResNet { get; } =
        new("i-ResNet", BlockKind.Residual, false, OptimizerKind.Sgd, 0.1, 6.69);

    /// <summary>All four, in the table's order.</summary>
    public static IReadOnlyList<GlowVariant> All { get; } = [Affine, Additive, GlowStyle, IResNet];

    /// <summary>The body's architecture for images of a shape.</summary>
    public FlowConfig Config(GlowScale scale, ImageShape shape) =>
        new()
        {
            Input = shape,
            Kind = Kind,
            Blocks = [scale.Blocks, scale.Blocks, scale.Blocks],
            Strides = [1, 2, 2],
            Hidden = [scale.Hidden, scale.Hidden, scale.Hidden],
            InitialSqueeze = IsSqueezed,
            Padding = IsSqueezed ? 0 : 3 * shape.Channels,
            SpectralNorm = new() { Coefficient = Coefficient, PowerIterations = PowerIterations },
        };

    /// <summary>
    /// How it is trained. Weight decay is the paper's for gradient descent; the adaptive rules go without, which divide
    /// it by the gradient's size.
    /// </summary>
    public ClassifierTrainingOptions Training(GlowScale scale) =>
        ComparedTraining.Options(scale.Steps, scale.Batch, scale.TestImages, scale.Seed) with
        {
            Optimizer = Optimizer,
            LearningRate = LearningRate,
            WeightDecay = Optimizer == OptimizerKind.Sgd ? 5e-4 : 0,
        };
}

/// <summary>One network of Table 3, trained.</summary>
/// <param name="Variant">Which one.</param>
/// <param name="Network">The classifier, ready for evaluation. Disposed with this.</param>
/// <param name="Training">Losses, time and test error.</param>
public sealed record GlowClassifier(
    GlowVariant Variant,
    Classifier Network,
    TrainingResult<ClassifierEvaluation> Training
) : IDisposable
{
    /// <summary>How many numbers the body and the head learned.</summary>
    public long Parameters =>
        Network
            .named_parameters()
            .Where(pair => !pair.name.Contains("prior", StringComparison.Ordinal))
            .Sum(pair => pair.parameter.numel());

    /// <inheritdoc cref="RoundTripError(Classifier, Tensor)"/>
    public double RoundTripError(Tensor images) => RoundTripError(Network, images);

    /// <summary>
    /// The largest error of images sent through the body and back in single precision, relative to the largest value;
    /// infinite where an inverse overflows or does not converge.
    /// </summary>
    /// <param name="network">A classifier, ready for evaluation.</param>
    /// <param name="images">As the network takes them.</param>
    public static double RoundTripError(Classifier network, Tensor images)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        try
        {
            var back = network.Body.Transform.Inverse(network.Features(images)).Value;
            double error = ((back - images).abs().max() / images.abs().max()).ToDouble();
            return double.IsNaN(error) ? double.PositiveInfinity : error;
        }
        catch (ArithmeticException fault) when (fault is NonFiniteException or NonConvergenceException)
        {
            return double.PositiveInfinity;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Network.Dispose();
}

/// <summary>Table 3: Glow's blocks against residual blocks, as classifiers.</summary>
public static class GlowComparison
{
    /// <summary>Trains one network and measures it on test images.</summary>
    /// <param name="variant">Which network.</param>
    /// <param name="data">The images.</param>
    /// <param name="scale">Size and length.</param>
    /// <param name="sink">Told about every step; nobody by default.</param>
    /// <param name="cancel">Ends the training after the step in hand; then there is no test error.</param>
    /// <exception cref="TrainingDivergedException">Loss or gradient is not finite.</exception>
    public static async Task<GlowClassifier> Train(
        GlowVariant variant,
        ImageDataSet data,
        GlowScale scale,
        ITrainingSink? sink = null,
        CancellationToken cancel = default
    )
    {
        manual_seed((long)scale.Seed);
        var network = new Classifier(variant.Config(scale, data.Shape), data.Classes.Count);
        return new(variant, network, await ComparedTraining.Run(network, data, variant.Training(scale), sink, cancel));
    }
}
