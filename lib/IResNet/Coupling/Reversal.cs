namespace IResNet;

/// <summary>
/// The channels in reverse order: the fixed permutation between the coupling layers of Real NVP, and of the second Glow
/// variant of Table 3.
/// </summary>
public sealed class Reversal() : Bijection(nameof(Reversal))
{
    /// <inheritdoc/>
    /// <exception cref="ShapeException">x has no channels.</exception>
    public override (Tensor y, Tensor logDet) forward(Tensor x)
    {
        Check(x);
        return (x.flip(1), NoLogDet(x));
    }

    /// <inheritdoc/>
    public override InverseResult Inverse(Tensor y, InverseSolver? solver = null)
    {
        Check(y);
        return Exact(y.flip(1));
    }

    /// <summary>1.</summary>
    public override double InverseLipschitzBound() => 1;

    /// <summary>The same in every norm.</summary>
    public override double InverseLipschitzBoundIn(double order) => InverseLipschitzBound();

    private static void Check(Tensor x)
    {
        Guard.NonEmpty(x);
        if (x.dim() < 2)
            throw new ShapeException($"Expected channels along axis 1, but got shape ({string.Join(", ", x.shape)}).");
    }
}
