namespace IResNet;

/// <summary>
/// The multiscale density model (section 5.3, Appendix C.3): after every stage but the last, half of the channels leave
/// for the latent vector. Latents are flat, in the order in which they left.
/// </summary>
public sealed class MultiscaleFlow : Flow
{
    /// <summary>Builds the network; the seed of torch's generator decides the initial weights.</summary>
    /// <exception cref="ArgumentException">The configuration is inconsistent.</exception>
    /// <exception cref="ShapeException">A squeeze meets an odd height or width, or too few channels are left to factor
    /// out.</exception>
    public MultiscaleFlow(FlowConfig config)
        : this(config, Build(config)) { }

    private MultiscaleFlow(FlowConfig config, (Sequence transform, int dimensions) built)
        : base(nameof(MultiscaleFlow), built.transform, new DiagonalGaussian(built.dimensions, config.LearnedPrior)) =>
        (Config, Dimensions) = (config, built.dimensions);

    /// <summary>The architecture.</summary>
    public FlowConfig Config { get; }

    /// <summary>d, the number of dimensions of a latent: that of the image, more with padding.</summary>
    public int Dimensions { get; }

    /// <inheritdoc/>
    protected override long[] LatentShape => [Dimensions];

    /// <summary>F and d.</summary>
    internal static (Sequence transform, int dimensions) Build(FlowConfig config)
    {
        config.Validate();
        var (entrance, shape) = Stages.Entrance(config);
        return (config.Transform([.. entrance, .. From(config, 0, shape)]), shape.Dimensions);
    }

    /// <summary>
    /// Stage <paramref name="stage"/> and, behind its factor-out, all later ones. Built in forward order, so that
    /// initial weights are drawn in it.
    /// </summary>
    private static List<Bijection> From(FlowConfig config, int stage, ImageShape input)
    {
        var (bijections, shape) = Stages.Stage(config, stage, input);
        bijections.Add(
            stage == config.Blocks.Count - 1
                ? new Flatten(shape)
                : new FactorOut(shape, new Sequence(From(config, stage + 1, FactorOut.Remaining(shape))))
        );
        return bijections;
    }
}
