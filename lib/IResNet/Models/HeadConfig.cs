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
    /// <summary>Factors of each class's covariance; 0 for a diagonal one.</summary>
    public int Rank { get; init; }

    /// <inheritdoc/>
    public override JointPrior Create(int classes, IReadOnlyList<ImageShape> scales, bool learnedPrior)
    {
        Validate();
        return new ClassGaussians(classes, scales.Sum(shape => shape.Dimensions), Rank, learnedPrior);
    }

    /// <inheritdoc/>
    public override void Validate() => Guard.AtLeast(Rank, 0, nameof(Rank));
}

/// <summary>A small classifier of all scales beside the prior: <see cref="ScaleHead"/>.</summary>
public sealed record ScaleHeadConfig : HeadConfig
{
    /// <summary>Channels of each scale's convolution; 256 in the paper.</summary>
    public int Width { get; init; } = 256;

    /// <summary>
    /// Factors of each class's covariance, where p(z) is to be the mixture of <see cref="ClassGaussians"/>: 0 or more.
    /// Null, as in the paper, for one Gaussian.
    /// </summary>
    public int? Rank { get; init; }

    /// <inheritdoc/>
    public override JointPrior Create(int classes, IReadOnlyList<ImageShape> scales, bool learnedPrior)
    {
        Validate();
        int dimensions = scales.Sum(shape => shape.Dimensions);
        Prior density = Rank is { } rank
            ? new ClassGaussians(classes, dimensions, rank, learnedPrior)
            : new DiagonalGaussian(dimensions, learnedPrior);
        return new ScaleHead(classes, scales, density, Width);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        Guard.AtLeast(Width, 1, nameof(Width));
        Guard.AtLeast(Rank ?? 0, 0, nameof(Rank));
    }
}
