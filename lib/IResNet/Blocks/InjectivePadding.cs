namespace IResNet;

/// <summary>
/// Appends zero channels, so that a classifier's first block is wider than the image (section 5.1: 3 to 16 channels).
/// Injective, not onto: the inverse drops the channels. For classifiers; a density on the padded space is degenerate.
/// </summary>
public sealed class InjectivePadding : Bijection
{
    private readonly int _channels,
        _padding;

    /// <summary>Pads <paramref name="channels"/> channels by <paramref name="padding"/> more.</summary>
    public InjectivePadding(int channels, int padding)
        : base(nameof(InjectivePadding)) =>
        (_channels, _padding) = (
            Guard.AtLeast(channels, 1, nameof(channels)),
            Guard.AtLeast(padding, 0, nameof(padding))
        );

    /// <inheritdoc/>
    public override (Tensor y, Tensor logDet) forward(Tensor x)
    {
        Guard.Images(x, _channels);
        return (nn.functional.pad(x, [0L, 0, 0, 0, 0, _padding]), NoLogDet(x));
    }

    /// <inheritdoc/>
    public override InverseResult Inverse(Tensor y, InverseSolver? solver = null)
    {
        Guard.Images(y, _channels + _padding);
        return Exact(y.narrow(1, 0, _channels));
    }

    /// <summary>1: dropping channels is a projection.</summary>
    public override double InverseLipschitzBound() => 1;

    /// <summary>The same in every norm.</summary>
    public override double InverseLipschitzBoundIn(double order) => InverseLipschitzBound();
}
