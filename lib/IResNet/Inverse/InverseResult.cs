namespace IResNet;

/// <summary>A point found by an inverse, and how good it is.</summary>
/// <param name="Value">x with F(x) close to y.</param>
/// <param name="Iterations">Evaluations of residual branches, summed over blocks; 0 for maps with a closed
/// form.</param>
/// <param name="Residual">The largest |x + g(x) - y| over the elements, at the last iterate of the worst block.</param>
/// <param name="ErrorBound">
/// An upper bound of the distance to the exact inverse, for the worst example of the batch, in the norm of
/// <see cref="Order"/>; for one block residual / (1 - Lip(g)). Infinite where no Lipschitz constant below 1 is
/// certified. Rounding errors of the evaluation itself are not part of it.
/// </param>
public sealed record InverseResult(Tensor Value, int Iterations, double Residual, double ErrorBound)
{
    /// <summary>The order of the norm in which the error is bounded: 2 unless the blocks contract in another
    /// one.</summary>
    public double Order { get; init; } = 2;

    /// <summary>The result at a point whose residual x + g(x) - y is known: the a-posteriori bound of a
    /// contraction.</summary>
    /// <param name="x">The point.</param>
    /// <param name="iterations">Evaluations of g.</param>
    /// <param name="largest">The residual's largest element.</param>
    /// <param name="distance">The largest 2-norm of an example's residual.</param>
    /// <param name="lipschitz">An upper bound of Lip(g).</param>
    public static InverseResult Certified(
        Tensor x,
        int iterations,
        double largest,
        double distance,
        double lipschitz
    ) => new(x, iterations, largest, lipschitz < 1 ? distance / (1 - lipschitz) : double.PositiveInfinity);

    /// <summary>
    /// Goes on through the inverse of the map before: its own error adds to this one, amplified by its Lipschitz
    /// constant.
    /// </summary>
    internal InverseResult Then(Bijection previous, InverseSolver? solver)
    {
        var next = previous.Inverse(Value, solver);
        // An error of 0 is one in every norm.
        var (bound, order) =
            ErrorBound == 0 ? (next.ErrorBound, next.Order)
            : next.ErrorBound == 0 || next.Order == Order
                ? (ErrorBound * previous.InverseLipschitzBoundIn(Order) + next.ErrorBound, Order)
            : (double.PositiveInfinity, Order);
        return new(next.Value, Iterations + next.Iterations, Math.Max(Residual, next.Residual), bound)
        {
            Order = order,
        };
    }
}
