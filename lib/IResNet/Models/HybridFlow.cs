namespace IResNet;

/// <summary>
/// One model that classifies, estimates densities and generates: a multiscale flow whose prior knows classes
/// (<see cref="JointPrior"/>). p(x) and p(y | x) come from one pass, <see cref="Flow.Sample"/> draws images and
/// <see cref="SampleClass"/> those of a class.
/// </summary>
/// <remarks>The objective is that of Nalisnick et al. (2019), with which Residual Flows trains its hybrids.</remarks>
public sealed class HybridFlow : Flow
{
    /// <summary>Builds the network; the seed of torch's generator decides the initial weights.</summary>
    /// <param name="config">The architecture of the flow.</param>
    /// <param name="classes">Number of classes, at least 2.</param>
    /// <param name="head">How classes are known; by default a Gaussian for each.</param>
    /// <exception cref="ArgumentException">The configuration is inconsistent.</exception>
    /// <exception cref="ShapeException">A squeeze meets an odd height or width, or too few channels are left to factor
    /// out.</exception>
    public HybridFlow(FlowConfig config, int classes, HeadConfig? head = null)
        : this(config, MultiscaleFlow.Build(config).transform, Head(config, classes, head)) { }

    private HybridFlow(FlowConfig config, Sequence transform, JointPrior prior)
        : base(nameof(HybridFlow), transform, prior) => (Config, Joint) = (config, prior);

    /// <summary>The architecture of the flow.</summary>
    public FlowConfig Config { get; }

    /// <summary>p(z, y); the same as <see cref="Flow.Prior"/>.</summary>
    public JointPrior Joint { get; }

    /// <summary>Number of classes.</summary>
    public int Classes => Joint.Classes;

    /// <summary>d, the number of dimensions of a latent.</summary>
    public int Dimensions => Stages.LatentShapes(Config).Sum(shape => shape.Dimensions);

    /// <inheritdoc/>
    protected override long[] LatentShape => [Dimensions];

    /// <summary>ln p(y | x), shape (n, classes), in nats. Takes no log-determinant.</summary>
    /// <exception cref="NonFiniteException">x holds NaN or an infinity.</exception>
    /// <exception cref="ShapeException">x does not fit the model, in shape or type.</exception>
    public Tensor LogClasses(Tensor x)
    {
        using var scope = NewDisposeScope();
        return Factors(x, _ => new NoLogDet()).logClasses.MoveToOuterDisposeScope();
    }

    /// <summary>ln p(x), shape (n), and ln p(y | x), shape (n, classes), in nats, from one pass.</summary>
    /// <param name="x">A batch.</param>
    /// <param name="choose">As for <see cref="Flow.LogProb"/>.</param>
    /// <exception cref="NonFiniteException">x holds NaN or an infinity.</exception>
    /// <exception cref="ShapeException">x does not fit the model, in shape or type.</exception>
    public (Tensor logProb, Tensor logClasses) Factors(Tensor x, Func<LogDetEstimator, LogDetEstimator>? choose = null)
    {
        Check(x);
        using var scope = NewDisposeScope();
        using var chosen = new EstimatorChoice(choose);
        var (z, logDet) = Transform.forward(x);
        var (logPrior, logClasses) = Joint.Factors(z.flatten(1));
        return ((logPrior + logDet).MoveToOuterDisposeScope(), logClasses.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// The mean over a batch of -w ln p(x) - ln p(y | x), as bits and per dimension where the density outweighs the
    /// class: (w d (bits/dim of x) + (bits of y)) / max(1, w d). At w = 1/d that is bits/dim plus the cross entropy in
    /// bits; at w = 0 the cross entropy alone, which needs no log-determinant.
    /// </summary>
    /// <param name="x">A batch.</param>
    /// <param name="labels">The classes, shape (n), int64.</param>
    /// <param name="weight">w, 0 or more: the follow-up paper has 0, 1/d and 1.</param>
    /// <param name="choose">As for <see cref="Flow.LogProb"/>.</param>
    /// <param name="temperature">T, above 0: -ln p(y | x) becomes -T ln of p(y | x)^(1/T) normalised, which falls as
    /// steeply where an image is misclassified, and ends only where its class leads by T times as much. Class Gaussians
    /// in many dimensions are so steep that at 1 hardly any image but the misclassified counts.</param>
    /// <param name="views">The images of which the cross entropy is taken: x, augmented; by default x itself, which
    /// takes one pass less.</param>
    /// <returns>A scalar.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The weight is below 0 or not finite, the temperature not above 0,
    /// or a label is outside the classes.</exception>
    /// <exception cref="NonFiniteException">x holds NaN or an infinity.</exception>
    /// <exception cref="ShapeException">x or labels do not fit the model, in shape or type.</exception>
    public Tensor Loss(
        Tensor x,
        Tensor labels,
        double weight,
        Func<LogDetEstimator, LogDetEstimator>? choose = null,
        double temperature = 1,
        Tensor? views = null
    )
    {
        if (!(temperature > 0 && double.IsFinite(temperature)))
            throw new ArgumentOutOfRangeException(
                nameof(temperature),
                temperature,
                "The temperature of the classes must be above 0 and finite: 1 for p(y | x) itself."
            );
        if (!(weight >= 0 && double.IsFinite(weight)))
            throw new ArgumentOutOfRangeException(
                nameof(weight),
                weight,
                $"The weight of -ln p(x) must be 0 or more and finite: 0 for a classifier, 1/d = {1.0 / Dimensions:g4} "
                    + "for a balance, 1 for a density."
            );
        ClassLabels.Demand(labels, (views ?? x).size(0), Classes);
        using var scope = NewDisposeScope();
        var (logProb, logClasses) =
            weight == 0 ? (null, LogClasses(views ?? x))
            : views is null ? Factors(x, choose)
            : (LogProb(x, choose), LogClasses(views));
        if (temperature != 1)
            logClasses = temperature * nn.functional.log_softmax(logClasses / temperature, 1);
        var entropy = nn.functional.nll_loss(logClasses, labels) / Math.Log(2);
        if (weight == 0)
            return entropy.MoveToOuterDisposeScope();
        double share = weight * Dimensions;
        var loss = (share * BitsPerDimension.Of(logProb!, Dimensions).mean() + entropy) / Math.Max(1, share);
        return loss.MoveToOuterDisposeScope();
    }

    /// <summary>Samples of one class: latents from p(z | y), sent through the inverse.</summary>
    /// <param name="label">The class, 0 to one less than <see cref="Classes"/>.</param>
    /// <param name="count">Number of examples.</param>
    /// <param name="temperature">Scales the prior's standard deviation.</param>
    /// <param name="solver">How residual blocks are inverted; by default to 1e-6.</param>
    /// <param name="generator">The random stream; by default the device's own.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    /// <exception cref="RareClassException">The model gives the class almost no probability.</exception>
    public Tensor SampleClass(
        int label,
        int count,
        double temperature = 1,
        InverseSolver? solver = null,
        Generator? generator = null
    )
    {
        using var scope = NewDisposeScope();
        var z = Joint.SampleClass(label, count, temperature, generator);
        return Transform.Inverse(z, solver).Value.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Takes over a density model of the same architecture: F as it is, and its prior, for every class. ln p(x) is then
    /// that model's, and a head of class Gaussians holds all classes for equally likely.
    /// </summary>
    /// <exception cref="WeightsFormatException">The architectures differ. Nothing was changed.</exception>
    public void StartFrom(MultiscaleFlow density)
    {
        StateDict.Copy(density.Transform.state_dict(), Transform.state_dict());
        Joint.StartFrom((DiagonalGaussian)density.Prior);
    }

    private static JointPrior Head(FlowConfig config, int classes, HeadConfig? head) =>
        (head ?? new ClassGaussiansConfig()).Create(classes, Stages.LatentShapes(config), config.LearnedPrior);
}
