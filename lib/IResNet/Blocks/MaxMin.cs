namespace IResNet;

/// <summary>
/// MaxMin on neighbouring channels (2i, 2i+1): first the maxima of all pairs, then the minima, as the official code's
/// "sorting" orders them. It permutes its input, so its Jacobian is orthogonal and keeps gradient norms.
/// </summary>
public sealed class MaxMin() : Activation(nameof(MaxMin))
{
    /// <inheritdoc/>
    /// <exception cref="ShapeException">The number of channels is odd.</exception>
    public override Tensor forward(Tensor p)
    {
        var (first, second) = Pairs(p, 1);
        return cat([maximum(first, second), minimum(first, second)], 1);
    }

    /// <summary>A mask, shape of half the channels: true where the first of a pair is the larger one.</summary>
    public override Tensor Derivative(Tensor p, Tensor value)
    {
        var (first, second) = Pairs(p, 1);
        return first >= second;
    }

    /// <inheritdoc/>
    public override Tensor Jvp(Tensor derivative, Tensor tangent)
    {
        int axis = ChannelAxis(derivative, tangent);
        var (first, second) = Pairs(tangent, axis);
        return cat([where(derivative, first, second), where(derivative, second, first)], axis);
    }

    /// <inheritdoc/>
    public override Tensor Vjp(Tensor derivative, Tensor cotangent)
    {
        int axis = ChannelAxis(derivative, cotangent);
        var halves = cotangent.chunk(2, axis);
        return stack([where(derivative, halves[0], halves[1]), where(derivative, halves[1], halves[0])], axis + 1)
            .flatten(axis, axis + 1);
    }

    private static (Tensor first, Tensor second) Pairs(Tensor p, int axis)
    {
        long channels = p.size(axis);
        if (channels % 2 != 0)
            throw new ShapeException(
                $"MaxMin needs an even number of channels, but got {channels}. Choose an even width."
            );
        var pairs = p.unflatten(axis, [channels / 2, 2L]);
        return (pairs.select(axis + 1, 0), pairs.select(axis + 1, 1));
    }
}
