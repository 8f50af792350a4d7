namespace IResNet;

/// <summary>
/// Iterations for the fixed point of x -> y - g(x) that start at x = y and evaluate g once each, until |x + g(x) - y| is at most a tolerance in every element.
/// </summary>
public abstract class IterativeSolver : InverseSolver
{
    private readonly double _tolerance;
    private readonly int _maxIterations;

    /// <summary>Sets up the end of the iteration.</summary>
    /// <param name="tolerance">
    /// Largest residual accepted, at least 0. Below twice the rounding unit of y's largest element it is raised to that, since no iteration can do better.
    /// </param>
    /// <param name="maxIterations">When to give up.</param>
    private protected IterativeSolver(double tolerance, int maxIterations)
    {
        if (!(tolerance >= 0)) throw new ArgumentOutOfRangeException(nameof(tolerance), tolerance, "The tolerance must be 0 or positive.");
        (_tolerance, _maxIterations) = (tolerance, Guard.AtLeast(maxIterations, 1, nameof(maxIterations)));
    }

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
    private protected abstract Acceleration Start(double lipschitz);

    /// <summary>
    /// The iteration. A proposed point whose residual is not smaller than the one before is given up for the image there, whose residual is smaller by Lip(g): acceleration can
    /// cost evaluations, but not convergence.
    /// </summary>
    private protected virtual InverseResult Run(Func<Tensor, Tensor> g, double lipschitz, Tensor y)
    {
        double tolerance = Math.Max(_tolerance, 2 * finfo(y.dtype).eps * y.abs().max().ToDouble()), least = 0, largest = 0;
        var acceleration = Start(lipschitz);
        Tensor x = y.alias(), image = x;
        bool proposed = false;
        int done = 0;
        while (done == 0 || (done < _maxIterations && double.IsFinite(largest)))
        {
            var next = Image(g, x, y);
            done++;
            using var residual = x - next;
            largest = residual.abs().max().ToDouble();
            if (largest <= tolerance) return Certify(x.MoveToOuterDisposeScope(), residual, done, lipschitz);
            if (proposed && !(largest < least))
            {
                acceleration.Restart();
                next.Dispose();
                x.Dispose();
                (x, proposed, largest) = (image, false, least);
                continue;
            }
            if (proposed) image.Dispose();
            (image, least) = (next, largest);
            var proposal = acceleration.Next(x, image, residual);
            x.Dispose();
            (x, proposed) = (proposal ?? image, proposal is not null);
        }
        throw new NonConvergenceException(
            $"{GetType().Name} stopped at residual {largest:g3} after {done} iterations, tolerance {tolerance:g3}, Lip(g) at most {lipschitz:g4}. " +
            "Freeze the model with certified norms, use float64, raise the tolerance, or ask for a fixed count with FixedPoint.Iterations.",
            done, largest);
    }

    /// <summary>y - g(x), in a scope of its own so that memory stays that of one iteration.</summary>
    private protected static Tensor Image(Func<Tensor, Tensor> g, Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        return (y - g(x)).MoveToOuterDisposeScope();
    }

    /// <summary>How the next point follows from those before.</summary>
    private protected abstract class Acceleration
    {
        /// <summary>The next point; null for the image.</summary>
        /// <param name="x">The present point.</param>
        /// <param name="image">y - g(x).</param>
        /// <param name="residual">x - image.</param>
        public abstract Tensor? Next(Tensor x, Tensor image, Tensor residual);

        /// <summary>Forgets the points before.</summary>
        public abstract void Restart();
    }
}
