namespace IResNet;

/// <summary>Builds the parts that the single-scale and the multiscale network share.</summary>
internal static class Stages
{
    /// <summary>Logit, initial squeeze and padding, and the shape after them.</summary>
    public static (List<Bijection> bijections, ImageShape shape) Entrance(FlowConfig config)
    {
        var (bijections, shape) = (new List<Bijection>(), config.Input);
        if (config.LogitAlpha is { } alpha)
            bijections.Add(new LogitTransform(alpha));
        if (config.InitialSqueeze)
        {
            bijections.Add(new Squeeze());
            shape = shape.Squeezed();
        }
        if (config.Padding > 0)
        {
            bijections.Add(new InjectivePadding(shape.Channels, config.Padding));
            shape = shape with { Channels = shape.Channels + config.Padding };
        }
        return (bijections, shape);
    }

    /// <summary>
    /// One stage on maps of the given shape: squeeze if its stride is 2, then ActNorm and block in turn.
    /// </summary>
    public static (List<Bijection> bijections, ImageShape shape) Stage(FlowConfig config, int stage, ImageShape input)
    {
        var (bijections, shape) = (new List<Bijection>(), input);
        if (config.Strides[stage] == 2)
        {
            bijections.Add(new Squeeze());
            shape = input.Squeezed();
        }
        for (int block = 0; block < config.Blocks[stage]; block++)
        {
            if (config.ActNorm)
                bijections.Add(new ActNorm(shape.Channels));
            var norm = block == 0 && config.NormBeforeSqueeze ? input : shape;
            bijections.AddRange(
                config.Kind.Create(
                    new()
                    {
                        Channels = shape.Channels,
                        Shape = shape,
                        Hidden = [config.Hidden[stage]],
                        SpectralNorm = config.SpectralNorm,
                        Activation = config.Activation,
                        LeadingActivation = stage + block > 0,
                        NormHeight = norm.Height,
                        NormWidth = norm.Width,
                    }
                )
            );
        }
        return (bijections, shape);
    }

    /// <summary>
    /// Shapes of what leaves the multiscale network at each stage, in the order in which it is in a latent.
    /// </summary>
    public static IReadOnlyList<ImageShape> LatentShapes(FlowConfig config)
    {
        config.Validate();
        var (_, shape) = Entrance(config);
        var leaving = new List<ImageShape>();
        foreach (var (stage, stride) in config.Strides.Index())
        {
            shape = stride == 2 ? shape.Squeezed() : shape;
            if (stage == config.Strides.Count - 1)
                leaving.Add(shape);
            else
            {
                leaving.Add(shape with { Channels = shape.Channels / 2 });
                shape = FactorOut.Remaining(shape);
            }
        }
        return leaving;
    }
}
