namespace IResNet;

/// <summary>
/// The image models of <em>Residual Flows</em> (Chen, Behrmann, Duvenaud, Jacobsen 2019) and of i-DenseNets: a logit
/// transform, then scales of blocks with ActNorm before and after each, squeezes between the scales (none before the
/// first block), blocks of dense layers at the end, and a standard normal prior. Latents are flat; with factor-out
/// those that left come first.
/// </summary>
public sealed class ResidualFlow : Flow
{
    /// <summary>Builds the network; the seed of torch's generator decides the initial weights.</summary>
    /// <exception cref="ArgumentException">The configuration is inconsistent.</exception>
    /// <exception cref="ShapeException">A squeeze meets an odd height or width.</exception>
    public ResidualFlow(ResidualFlowConfig config)
        : this(config, Build(config)) { }

    private ResidualFlow(
        ResidualFlowConfig config,
        (Sequence transform, List<Bijection>[] scales, List<Bijection> end) built
    )
        : base(nameof(ResidualFlow), built.transform, new DiagonalGaussian(config.Input.Dimensions, learned: false))
    {
        Config = config;
        (Scales, DenseEnd) = (built.scales, built.end);
        // Not by WithEstimator, as nobody has chosen it yet: a training says what there is to warn of.
        var roulette = new RussianRoulette();
        foreach (var block in ResidualBlocks)
            block.Estimator = roulette;
    }

    /// <summary>The architecture.</summary>
    public ResidualFlowConfig Config { get; }

    /// <summary>The bijections of each scale in forward order, without what rearranges the last one's outputs into one
    /// vector.</summary>
    public IReadOnlyList<IReadOnlyList<Bijection>> Scales { get; }

    /// <summary>The bijections of dense layers behind them.</summary>
    public IReadOnlyList<Bijection> DenseEnd { get; }

    /// <inheritdoc/>
    protected override long[] LatentShape => [Config.Input.Dimensions];

    private static (Sequence, List<Bijection>[], List<Bijection>) Build(ResidualFlowConfig config)
    {
        config.Validate();
        List<Bijection>[] scales = [.. config.Blocks.Select(_ => new List<Bijection>())];
        var end = new List<Bijection>();
        return (new Sequence(From(config, 0, config.Input, scales, end)), scales, end);
    }

    /// <summary>
    /// A scale and all later ones, down to the flat latent. Built in forward order, so that initial weights are drawn
    /// in it.
    /// </summary>
    private static List<Bijection> From(
        ResidualFlowConfig config,
        int scale,
        ImageShape shape,
        List<Bijection>[] scales,
        List<Bijection> end
    )
    {
        var own = scales[scale];
        void AddActNorm(int channels)
        {
            if (config.ActNorm)
                own.Add(new ActNorm(channels, ActNormForm.ShiftFirst));
        }
        if (scale == 0)
        {
            if (config.LogitAlpha is { } alpha)
                own.Add(new LogitTransform(alpha));
            if (config.FirstActNorm)
                AddActNorm(shape.Channels);
        }
        var site = new BlockSite
        {
            Channels = shape.Channels,
            Shape = shape,
            Hidden = config.Hidden,
            SpectralNorm = config.SpectralNorm,
            Activation = config.Activation,
        };
        for (int block = 0; block < config.Blocks[scale]; block++)
        {
            bool leads = scale + block == 0 ? config.FirstActivation : config.LeadingActivation;
            own.AddRange(config.Kind.Create(site with { LeadingActivation = leads }));
            AddActNorm(shape.Channels);
        }
        if (scale == scales.Length - 1)
        {
            AddDenseEnd(config, shape, end);
            return [.. own, new Flatten(shape), .. end];
        }
        own.Add(new Squeeze(SqueezeOrder.ChannelFirst));
        var squeezed = shape.Squeezed();
        return config.FactorOut
            ?
            [
                .. own,
                new FactorOut(
                    squeezed,
                    new Sequence(From(config, scale + 1, FactorOut.Remaining(squeezed), scales, end)),
                    keepsFirst: true
                ),
            ]
            : [.. own, .. From(config, scale + 1, squeezed, scales, end)];
    }

    private static void AddDenseEnd(ResidualFlowConfig config, ImageShape shape, List<Bijection> end)
    {
        var site = new BlockSite
        {
            Channels = shape.Dimensions,
            Hidden = config.DenseHidden,
            Entrance = config.DenseEntrance,
            SpectralNorm = config.SpectralNorm,
            Activation = config.Activation,
            LeadingActivation = config.LeadingActivation,
        };
        for (int block = 0; block < config.DenseBlocks; block++)
        {
            end.AddRange(config.Kind.Create(site));
            if (config.ActNorm)
                end.Add(new ActNorm(shape.Dimensions, ActNormForm.ShiftFirst));
        }
    }
}
