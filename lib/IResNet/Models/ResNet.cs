namespace IResNet;

/// <summary>
/// The baseline of Table 2: a pre-activation residual network with bottlenecks (He et al., 2016), a 3x3 convolution
/// before its stages and BatchNorm, ReLU, average pooling and a linear layer behind them. Neither invertible nor
/// constrained.
/// </summary>
/// <remarks>
/// Convolutions start normal with variance 2 / fan-out, as there. Without BatchNorm each block would then double the
/// signal's variance, so the last convolution of each branch starts smaller by the square root of the number of blocks:
/// the variance grows by a factor of e at most.
/// </remarks>
public sealed class ResNet : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "stem")]
    private readonly Conv2d _stem;

    [ComponentName(Name = "blocks")]
    private readonly ModuleList<BottleneckBlock> _blocks;

    [ComponentName(Name = "norm")]
    private readonly BatchNorm2d? _norm;

    [ComponentName(Name = "logits")]
    private readonly Linear _logits;

    /// <summary>Builds the network; the seed of torch's generator decides the initial weights.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="classes">Number of classes, at least 2.</param>
    /// <exception cref="ArgumentException">The configuration is inconsistent.</exception>
    public ResNet(ResNetConfig config, int classes)
        : base(nameof(ResNet))
    {
        config.Validate();
        Guard.AtLeast(classes, 2, nameof(classes));
        Config = config;
        int channels = config.Widths[0];
        _stem = nn.Conv2d(config.Input.Channels, channels, 3, padding: 1, bias: !config.BatchNorm);
        var blocks = new List<BottleneckBlock>();
        for (int stage = 0; stage < config.Blocks.Count; stage++)
            for (int block = 0; block < config.Blocks[stage]; block++)
            {
                blocks.Add(
                    new BottleneckBlock(
                        channels,
                        config.Widths[stage],
                        stride: stage > 0 && block == 0 ? 2 : 1,
                        config.BatchNorm
                    )
                );
                channels = BottleneckBlock.Expansion * config.Widths[stage];
            }
        _blocks = new ModuleList<BottleneckBlock>([.. blocks]);
        if (config.BatchNorm)
            _norm = nn.BatchNorm2d(channels);
        _logits = nn.Linear(channels, classes);
        RegisterComponents();
        Blocks = blocks;
        foreach (var convolution in modules().OfType<Conv2d>())
            nn.init.kaiming_normal_(
                convolution.weight!,
                mode: nn.init.FanInOut.FanOut,
                nonlinearity: nn.init.NonlinearityType.ReLU
            );
        if (config.BatchNorm)
            return;
        using var noGrad = no_grad();
        foreach (var block in blocks)
            block.Convolutions[^1].weight!.mul_(1 / Math.Sqrt(blocks.Count));
    }

    /// <summary>The architecture.</summary>
    public ResNetConfig Config { get; }

    /// <summary>The residual blocks, in forward order.</summary>
    public IReadOnlyList<BottleneckBlock> Blocks { get; }

    /// <summary>Logits, shape (n, classes).</summary>
    /// <exception cref="ShapeException">x does not fit the model, or BatchNorm would train on one value per
    /// channel.</exception>
    /// <exception cref="NonFiniteException">x holds NaN or an infinity.</exception>
    public override Tensor forward(Tensor x)
    {
        Guard.Images(x, Config.Input);
        Guard.Finite(x, "The input");
        using var scope = NewDisposeScope();
        var h = _stem.forward(x);
        foreach (var block in Blocks)
            h = block.forward(h);
        return _logits.forward((_norm is null ? h : _norm.Normalize(h)).relu().mean([2, 3])).MoveToOuterDisposeScope();
    }
}
