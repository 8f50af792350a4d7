namespace IResNet;

/// <summary>
/// Estimates ln det(I + J_g) of a residual branch (Equation 4) so that it can be trained with: the value is
/// differentiable. Lemma 6: the determinant is positive if Lip(g) &lt; 1. A value with a stated error is a
/// <see cref="LogDetEvaluator"/>'s.
/// </summary>
public abstract class LogDetEstimator
{
    /// <summary>One value per example, shape (n), differentiable in the branch's parameters and in x.</summary>
    /// <param name="g">The branch at a batch of points.</param>
    public abstract Tensor Estimate(Linearization g);

    /// <summary>
    /// How far the mean over the random numbers can lie from ln det(I + J), in nats, for one block and one example; 0
    /// if it is unbiased, infinite where nothing is known.
    /// </summary>
    /// <param name="lipschitz">An upper bound of Lip(g), at least 0.</param>
    /// <param name="dimensions">d.</param>
    public virtual double BiasBound(double lipschitz, long dimensions) => double.PositiveInfinity;

    /// <summary>What may surprise whoever trains with it at such a bound; null for nothing.</summary>
    /// <param name="lipschitz">An upper bound of Lip(g), at least 0.</param>
    public virtual string? Warning(double lipschitz) => null;

    /// <summary>
    /// What judges a model that was trained with this estimator, where nothing else is asked for. By default the
    /// estimator itself; a series takes more terms.
    /// </summary>
    public virtual LogDetEstimator ForEvaluation() => this;

    /// <summary>
    /// The same estimator with its random numbers from a generator, unless it was given one of its own. By default the
    /// estimator itself: one without random numbers, or with others than a generator's.
    /// </summary>
    /// <param name="generator">The random stream.</param>
    public virtual LogDetEstimator Seeded(Generator generator) => this;

    /// <summary>
    /// The same estimator for one of the equal parts into which several processes divide a batch: with the probes that
    /// the whole batch would have. By default the estimator itself, whose random numbers then differ from those of one
    /// process.
    /// </summary>
    /// <param name="part">Which part, from 0.</param>
    /// <param name="parts">How many there are.</param>
    public virtual LogDetEstimator Shared(int part, int parts) => this;
}
