namespace IResNet;

/// <summary>
/// The i-ResNet without factor-out: stages of residual blocks with squeezes between them. The body of the classifier,
/// and a density model of its own.
/// </summary>
public sealed class SingleScaleFlow : Flow
{
    /// <summary>Builds the network; the seed of torch's generator decides the initial weights.</summary>
    /// <exception cref="ArgumentException">The configuration is inconsistent.</exception>
    /// <exception cref="ShapeException">A squeeze meets an odd height or width.</exception>
    public SingleScaleFlow(FlowConfig config)
        : this(config, Build(config)) { }

    private SingleScaleFlow(FlowConfig config, (Sequence transform, ImageShape output) built)
        : base(
            nameof(SingleScaleFlow),
            built.transform,
            new DiagonalGaussian(built.output.Dimensions, config.LearnedPrior)
        ) => (Config, Output) = (config, built.output);

    /// <summary>The architecture.</summary>
    public FlowConfig Config { get; }

    /// <summary>Shape of the last feature map.</summary>
    public ImageShape Output { get; }

    /// <inheritdoc/>
    protected override long[] LatentShape => [Output.Channels, Output.Height, Output.Width];

    private static (Sequence, ImageShape) Build(FlowConfig config)
    {
        config.Validate();
        var (bijections, shape) = Stages.Entrance(config);
        for (int stage = 0; stage < config.Blocks.Count; stage++)
        {
            (var part, shape) = Stages.Stage(config, stage, shape);
            bijections.AddRange(part);
        }
        return (config.Transform(bijections), shape);
    }
}
