namespace IResNet;

/// <summary>Images to vectors, (n, C, H, W) to (n, d): the end of a flow.</summary>
public sealed class Flatten(ImageShape shape) : Bijection(nameof(Flatten))
{
    /// <inheritdoc/>
    public override (Tensor y, Tensor logDet) forward(Tensor x)
    {
        Guard.Images(x, shape);
        return (x.flatten(1), NoLogDet(x));
    }

    /// <inheritdoc/>
    public override InverseResult Inverse(Tensor y, InverseSolver? solver = null)
    {
        Guard.Points(y, shape.Dimensions);
        return Exact(y.reshape(-1, shape.Channels, shape.Height, shape.Width));
    }

    /// <summary>1.</summary>
    public override double InverseLipschitzBound() => 1;

    /// <summary>The same in every norm.</summary>
    public override double InverseLipschitzBoundIn(double order) => InverseLipschitzBound();
}
