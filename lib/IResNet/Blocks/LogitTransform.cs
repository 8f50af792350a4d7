namespace IResNet;

/// <summary>
/// The logit transform of Real NVP and Residual Flows: y = ln s - ln(1 - s) with s = alpha + (1 - 2 alpha) x, from
/// pixels in [0, 1] to the real line, so that samples need no clipping.
/// </summary>
/// <param name="alpha">Keeps s off 0 and 1; at least 0, below 1/2. 0.05 for colour images; for MNIST 1e-6 in the code
/// of Residual Flows, 1e-5 in the paper.</param>
/// <exception cref="ArgumentOutOfRangeException">alpha is out of range.</exception>
public sealed class LogitTransform(double alpha) : Bijection(nameof(LogitTransform))
{
    /// <summary>alpha.</summary>
    public double Alpha { get; } = Demand(alpha);

    /// <summary>y, and the sum of ln(1 - 2 alpha) - ln s - ln(1 - s) per example.</summary>
    /// <exception cref="DomainException">A number is at or beyond the ends of the domain, which is [0, 1] and a little
    /// more for alpha above 0, and without 0 and 1 for alpha = 0.</exception>
    public override (Tensor y, Tensor logDet) forward(Tensor x)
    {
        Guard.NonEmpty(x);
        using var scope = NewDisposeScope();
        double margin = Alpha / (1 - 2 * Alpha);
        // An explanation's values do not matter.
        if (!Explaining.IsOn)
            Guard.Between(
                x,
                -margin,
                1 + margin,
                "The logit takes pixels in [0, 1]: set Preprocessing.Centred to false"
                    + (Alpha == 0 ? ", and give alpha, 1e-6 say, where pixels may be 0 or 1 themselves." : ".")
            );
        // 1 - s anew, not as a difference that would cancel near 1.
        var (logS, logRest) = ((Alpha + (1 - 2 * Alpha) * x).log(), (Alpha + (1 - 2 * Alpha) * (1 - x)).log());
        var logDet = (Math.Log(1 - 2 * Alpha) - logS - logRest).flatten(1).sum(1);
        return ((logS - logRest).MoveToOuterDisposeScope(), logDet.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override InverseResult Inverse(Tensor y, InverseSolver? solver = null)
    {
        Guard.NonEmpty(y);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return Exact(((y.sigmoid() - Alpha) / (1 - 2 * Alpha)).MoveToOuterDisposeScope());
    }

    /// <summary>1 / (4 (1 - 2 alpha)): the sigmoid's largest derivative.</summary>
    public override double InverseLipschitzBound() => 1 / (4 * (1 - 2 * Alpha));

    /// <summary>The same in every norm.</summary>
    public override double InverseLipschitzBoundIn(double order) => InverseLipschitzBound();

    /// <summary>Refuses an alpha out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">alpha is out of range.</exception>
    internal static double Demand(double alpha) =>
        alpha is >= 0 and < 0.5
            ? alpha
            : throw new ArgumentOutOfRangeException(
                nameof(alpha),
                alpha,
                "The logit's alpha must be at least 0 and below 1/2: 0.05 for colour images, 1e-6 for MNIST."
            );
}
