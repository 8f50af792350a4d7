using System.Text.Json.Serialization;

namespace IResNet;

/// <summary>How a <see cref="HybridFlow"/> knows classes: a kind of <see cref="JointPrior"/> with its
/// settings.</summary>
[
    JsonPolymorphic(TypeDiscriminatorPropertyName = "kind"),
    JsonDerivedType(typeof(ClassGaussiansConfig), "classGaussians"),
    JsonDerivedType(typeof(ScaleHeadConfig), "scaleHead")
]
public abstract record HeadConfig
{
    /// <summary>Builds it.</summary>
    /// <param name="classes">Number of classes, at least 2.</param>
    /// <param name="scales">Shapes of the variables of each scale, in the order in which they are in a latent.</param>
    /// <param name="learnedPrior">Whether p(z) is learned: <see cref="FlowConfig.LearnedPrior"/>.</param>
    /// <exception cref="ArgumentException">The settings are impossible.</exception>
    public abstract JointPrior Create(int classes, IReadOnlyList<ImageShape> scales, bool learnedPrior);

    /// <summary>Refuses settings out of range, before anything is built.</summary>
    /// <exception cref="ArgumentException">The message names the setting and what it may be.</exception>
    public virtual void Validate() { }
}

/// <summary>A Gaussian for each class: <see cref="ClassGaussians"/>.</summary>
public sealed record ClassGaussiansConfig : HeadConfig
{
    /// <summary>Factors of each Gaussian's covariance; 0 for a diagonal one.</summary>
    public int Rank { get; init; }

    /// <summary>Gaussians of each class.</summary>
    public int Components { get; init; } = 1;

    /// <inheritdoc/>
    public override JointPrior Create(int classes, IReadOnlyList<ImageShape> scales, bool learnedPrior)
    {
        Validate();
        return new ClassGaussians(classes, scales.Sum(shape => shape.Dimensions), Rank, learnedPrior, Components);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        Guard.AtLeast(Rank, 0, nameof(Rank));
        Guard.AtLeast(Components, 1, nameof(Components));
    }
}

/// <summary>A small classifier of all scales beside the prior: <see cref="ScaleHead"/>.</summary>
public sealed record ScaleHeadConfig : HeadConfig
{
    /// <summary>Channels of each scale's convolution; 256 in the paper.</summary>
    public int Width { get; init; } = 256;

    /// <inheritdoc/>
    public override JointPrior Create(int classes, IReadOnlyList<ImageShape> scales, bool learnedPrior) =>
        new ScaleHead(classes, scales, Width, learnedPrior);

    /// <inheritdoc/>
    public override void Validate() => Guard.AtLeast(Width, 1, nameof(Width));
}
