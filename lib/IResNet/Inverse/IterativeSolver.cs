namespace IResNet;

/// <summary>
/// Iterations for the fixed point of x -> y - g(x) that start at x = y and evaluate g once each, until |x + g(x) - y|
/// is at most a tolerance in every element. Derive from it for another rule for the next point.
/// </summary>
public abstract class IterativeSolver : InverseSolver
{
    /// <summary>Sets up the end of the iteration.</summary>
    /// <param name="tolerance">
    /// Largest residual accepted, at least 0. Below twice the rounding unit of y's largest element it is raised to
    /// that, since no iteration can do better; and where rounding in g keeps the residual from decreasing, up to eight
    /// units are accepted. The result says what was reached.
    /// </param>
    /// <param name="maxIterations">When to give up.</param>
    protected IterativeSolver(double tolerance, int maxIterations)
    {
        if (!(tolerance >= 0))
            throw new ArgumentOutOfRangeException(nameof(tolerance), tolerance, "The tolerance must be 0 or positive.");
        (Tolerance, MaxIterations) = (tolerance, Guard.AtLeast(maxIterations, 1, nameof(maxIterations)));
    }

    /// <summary>The largest residual accepted, before rounding is considered.</summary>
    public double Tolerance { get; }

    /// <summary>When to give up.</summary>
    public int MaxIterations { get; }

    /// <inheritdoc/>
    public sealed override InverseResult Solve(Func<Tensor, Tensor> g, double lipschitz, Tensor y)
    {
        Guard.NonEmpty(y);
        Guard.Finite(y, "The point to invert");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return Run(g, lipschitz, y);
    }

    /// <summary>A fresh rule for the next point.</summary>
    /// <param name="lipschitz">An upper bound of Lip(g).</param>
    public abstract Acceleration Start(double lipschitz);

    /// <summary>
    /// The iteration. A proposed point whose residual has not fallen by Lip(g), as the image's does for certain, is
    /// given up for the image of the point before: acceleration can cost evaluations, but not convergence.
    /// </summary>
    private protected virtual InverseResult Run(Func<Tensor, Tensor> g, double lipschitz, Tensor y)
    {
        var rule = RuleFor(y);
        var acceleration = Start(lipschitz);
        Tensor x = y.alias(),
            image = x;
        (double Largest, double Norm) size = default,
            least = default;
        bool proposed = false;
        int done = 0;
        while (done == 0 || (done < MaxIterations && double.IsFinite(size.Largest)))
        {
            var next = Image(g, x, y);
            done++;
            using var residual = x - next;
            size = (residual.ReadLargest(), residual.norm().ReadDouble());
            if (rule.IsReached(size.Largest, size.Norm))
                return Certify(x.MoveToOuterDisposeScope(), residual, done, lipschitz);
            if (proposed && !Contracts(size.Norm, least.Norm, lipschitz))
            {
                acceleration.Restart();
                next.Dispose();
                x.Dispose();
                (x, proposed, size) = (image, false, least);
                continue;
            }
            if (proposed)
                image.Dispose();
            (image, least) = (next, size);
            var proposal = acceleration.Next(x, image, residual, size.Norm);
            x.Dispose();
            (x, proposed) = (proposal ?? image, proposal is not null);
        }
        throw Failure(size.Largest, done, rule, lipschitz);
    }

    /// <summary>Whether a residual's norm is down from the one before by as much as a plain step guarantees.</summary>
    /// <param name="norm">The 2-norm of the residual.</param>
    /// <param name="before">That of the one before.</param>
    /// <param name="lipschitz">An upper bound of Lip(g).</param>
    public static bool Contracts(double norm, double before, double lipschitz) =>
        norm <= Math.Min(lipschitz, 1) * before;

    /// <summary>A fresh rule of when to stop.</summary>
    /// <param name="y">The right-hand sides, whose size bounds what rounding allows.</param>
    public StoppingRule RuleFor(Tensor y) => new(Tolerance, finfo(y.dtype).eps * y.ReadLargest());

    /// <summary>What to throw where the tolerance was not reached.</summary>
    /// <param name="largest">The largest element of the last residual.</param>
    /// <param name="done">Iterations made.</param>
    /// <param name="rule">The rule that was not met.</param>
    /// <param name="lipschitz">An upper bound of Lip(g).</param>
    public NonConvergenceException Failure(double largest, int done, StoppingRule rule, double lipschitz) =>
        new(
            $"{GetType().Name} stopped at residual {largest:g3} after {done} iterations, tolerance "
                + $"{rule.Tolerance:g3}, Lip(g) at most {lipschitz:g4}. "
                + "Freeze the model with certified norms, use float64, raise the tolerance, or ask for a fixed count "
                + "with FixedPoint.Iterations.",
            done,
            largest
        );

    /// <summary>y - g(x), in a scope of its own so that memory stays that of one iteration.</summary>
    private protected static Tensor Image(Func<Tensor, Tensor> g, Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        return (y - g(x)).MoveToOuterDisposeScope();
    }
}
