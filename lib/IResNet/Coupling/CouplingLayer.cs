namespace IResNet;

/// <summary>
/// The coupling layer of Real NVP and Glow: the first part of the channels passes through and decides, by a network of
/// any kind, what happens to the rest: y = s x + t (affine) or y = x + t (additive). Inverse and log-determinant have
/// closed forms, at the price of leaving half of the channels as they are.
/// </summary>
/// <remarks>
/// As in Glow's code, s = sigmoid(h + 2) with h and t the network's two outputs, and the network's last layer starts at
/// 0. The networks are those of the i-ResNet's branches without normalization: dense layers for points, 3x3, 1x1, 3x3
/// convolutions for images. Glow's code also has an ActNorm after each of their hidden layers.
/// </remarks>
public sealed class CouplingLayer : Bijection
{
    private const double ScaleOffset = 2;

    [ComponentName(Name = "net")]
    private readonly Sequential _net;
    private readonly int _channels,
        _passing;
    private readonly ImageShape? _shape;

    /// <summary>A coupling of images' channels.</summary>
    /// <param name="shape">Shape of the images, with at least 2 channels; the smaller half of them passes
    /// through.</param>
    /// <param name="hidden">Width of the network's two inner feature maps.</param>
    /// <param name="affine">Whether the rest is scaled besides being shifted.</param>
    /// <param name="activation">Nonlinearity of the network; by default ELU. Glow's is
    /// <see cref="ActivationKind.Relu"/>.</param>
    /// <exception cref="ShapeException">There are fewer than two channels.</exception>
    public CouplingLayer(ImageShape shape, int hidden, bool affine, ActivationKind? activation = null)
        : base(nameof(CouplingLayer))
    {
        var (inputs, outputs) = Widths(shape.Channels, affine);
        (_channels, _passing, _shape, IsAffine) = (shape.Channels, inputs, shape, affine);
        Guard.AtLeast(hidden, 1, nameof(hidden));
        activation ??= ActivationKind.Elu;
        int between = activation.Channels(hidden);
        _net = Net(
            activation,
            nn.Conv2d(inputs, hidden, 3, padding: 1),
            nn.Conv2d(between, hidden, 1),
            nn.Conv2d(between, outputs, 3, padding: 1)
        );
        RegisterComponents();
    }

    /// <summary>A coupling of points' coordinates.</summary>
    /// <param name="dimensions">Dimensions of the points, at least 2; the smaller half passes through.</param>
    /// <param name="hidden">Widths of the network's hidden layers.</param>
    /// <param name="affine">Whether the rest is scaled besides being shifted.</param>
    /// <param name="activation">Nonlinearity of the network; by default ELU.</param>
    /// <exception cref="ShapeException">There are fewer than two dimensions.</exception>
    public CouplingLayer(int dimensions, IReadOnlyList<int> hidden, bool affine, ActivationKind? activation = null)
        : base(nameof(CouplingLayer))
    {
        var (inputs, outputs) = Widths(dimensions, affine);
        (_channels, _passing, IsAffine) = (dimensions, inputs, affine);
        foreach (int width in hidden)
            Guard.AtLeast(width, 1, nameof(hidden));
        activation ??= ActivationKind.Elu;
        int[] from = [inputs, .. hidden.Select(activation.Channels)];
        _net = Net(activation, [.. from.Zip([.. hidden, outputs], (width, next) => nn.Linear(width, next))]);
        RegisterComponents();
    }

    /// <summary>Whether the rest is scaled besides being shifted.</summary>
    public bool IsAffine { get; }

    /// <inheritdoc/>
    /// <exception cref="ShapeException">x does not fit.</exception>
    public override (Tensor y, Tensor logDet) forward(Tensor x)
    {
        Check(x);
        using var scope = NewDisposeScope();
        var (passing, rest) = Split(x);
        var (logScale, shift) = Outputs(passing);
        var y = cat([passing, logScale is null ? rest + shift : logScale.exp() * rest + shift], 1);
        var logDet = logScale is null ? NoLogDet(x) : logScale.flatten(1).sum(1);
        return (y.MoveToOuterDisposeScope(), logDet.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override InverseResult Inverse(Tensor y, InverseSolver? solver = null)
    {
        Check(y);
        Guard.Finite(y, "The point to invert");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (passing, rest) = Split(y);
        var (logScale, shift) = Outputs(passing);
        var x = logScale is null ? rest - shift : (rest - shift) * (-logScale).exp();
        return Exact(cat([passing, x], 1).MoveToOuterDisposeScope());
    }

    /// <summary>Infinite: nothing bounds the network's Lipschitz constant, nor 1 / s.</summary>
    public override double InverseLipschitzBound() => double.PositiveInfinity;

    private (Tensor passing, Tensor rest) Split(Tensor x) =>
        (x.narrow(1, 0, _passing), x.narrow(1, _passing, _channels - _passing));

    /// <summary>ln s, null for 0, and t.</summary>
    private (Tensor? logScale, Tensor shift) Outputs(Tensor passing)
    {
        var outputs = _net.forward(passing);
        if (!IsAffine)
            return (null, outputs);
        int rest = _channels - _passing;
        // ln sigmoid(h) = -softplus(-h). Beyond the threshold softplus is linear to the last digit of a double.
        var logScale = -nn.functional.softplus(-(outputs.narrow(1, 0, rest) + ScaleOffset), threshold: 40);
        return (logScale, outputs.narrow(1, rest, rest));
    }

    private void Check(Tensor x)
    {
        if (_shape is { } shape)
            Guard.Images(x, shape);
        else
            Guard.Points(x, _channels);
        Guard.SameType(x, _net[0] is Conv2d convolution ? convolution.weight! : ((Linear)_net[0]).weight!);
    }

    private static (int inputs, int outputs) Widths(int channels, bool affine)
    {
        if (channels < 2)
            throw new ShapeException(
                $"A coupling layer needs two channels or more, one to decide and one to change, but got {channels}. "
                    + "Squeeze first."
            );
        int passing = channels / 2;
        return (passing, (affine ? 2 : 1) * (channels - passing));
    }

    /// <summary>The layers with activations between them; the last one starts at 0.</summary>
    private static Sequential Net(ActivationKind activation, params nn.Module<Tensor, Tensor>[] layers)
    {
        foreach (var parameter in layers[^1].parameters())
            nn.init.zeros_(parameter);
        return nn.Sequential([
            .. layers.SelectMany((layer, i) => i == 0 ? [layer] : new[] { activation.Create(), layer }),
        ]);
    }
}
