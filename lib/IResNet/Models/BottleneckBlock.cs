namespace IResNet;

/// <summary>
/// The pre-activation bottleneck of He et al. (2016): x + g(x) with g = 1x1, 3x3, 1x1 convolutions, each behind
/// BatchNorm (or nothing) and ReLU. Where the size or the channels change, the stride is in the first convolution, and
/// a 1x1 convolution of the same activated input stands in for x. Nothing bounds Lip(g).
/// </summary>
public sealed class BottleneckBlock : nn.Module<Tensor, Tensor>
{
    /// <summary>Channels of the output for each of the 3x3 convolution's.</summary>
    public const int Expansion = 4;

    [ComponentName(Name = "norms")]
    private readonly ModuleList<BatchNorm2d> _norms;

    [ComponentName(Name = "convolutions")]
    private readonly ModuleList<Conv2d> _convolutions;

    [ComponentName(Name = "shortcut")]
    private readonly Conv2d? _shortcut;

    internal BottleneckBlock(int inputs, int width, int stride, bool batchNorm)
        : base(nameof(BottleneckBlock))
    {
        int outputs = Expansion * width;
        _norms = new ModuleList<BatchNorm2d>(
            batchNorm ? [nn.BatchNorm2d(inputs), nn.BatchNorm2d(width), nn.BatchNorm2d(width)] : []
        );
        _convolutions = new ModuleList<Conv2d>(
            nn.Conv2d(inputs, width, 1, stride, bias: !batchNorm),
            nn.Conv2d(width, width, 3, padding: 1, bias: !batchNorm),
            nn.Conv2d(width, outputs, 1, bias: !batchNorm)
        );
        if (stride != 1 || inputs != outputs)
            _shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias: false);
        RegisterComponents();
        Convolutions = [.. _convolutions];
    }

    /// <summary>The convolutions of g, in the order of application.</summary>
    public IReadOnlyList<Conv2d> Convolutions { get; }

    /// <summary>The next feature map, shape (n, 4 width, height / stride, width / stride).</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var activated = Activated(0, x);
        var h = _convolutions[0].forward(activated);
        for (int i = 1; i < _convolutions.Count; i++)
            h = _convolutions[i].forward(Activated(i, h));
        return ((_shortcut is null ? x : _shortcut.forward(activated)) + h).MoveToOuterDisposeScope();
    }

    private Tensor Activated(int convolution, Tensor x) =>
        (_norms.Count > 0 ? _norms[convolution].Normalize(x) : x).relu();
}
