namespace IResNet;

/// <summary>
/// The unbiased estimator of <em>Residual Flows</em> (Chen, Behrmann, Duvenaud, Jacobsen 2019, Theorems 1 and 2): the
/// power series of ln det(I + J) with a random number of terms, each divided by the probability that it is reached, and
/// traces by Hutchinson's estimate with one probe per example for all terms, or one set of
/// <see cref="ColouredProbes"/>.
/// </summary>
/// <remarks>
/// With e exact terms and a draw n, the terms k = 1..n + e have the weight w_k = 1 for k up to e and 1 / P(N >= k - e)
/// beyond; with several draws the indicator that a term is reached becomes the share of the draws that reach it. The
/// value is that of the weighted series in every form, so that it may be reported as a likelihood; the scalar whose
/// gradient the Neumann forms take never leaves the estimator.
/// <para>The defaults, a geometric number of terms with p = 0.3 behind six exact ones and random signs, are where the
/// variance of a step's gradient times the products that it takes is least on a trained MNIST model, a batch of 32 with
/// one draw: the notebook 11-residual-flows measures it. The paper's p = 0.5, two exact terms and Gaussian probes take
/// some thirty times as much there.</para>
/// <para>Unbiased for Lip(g) below 1. How far it scatters is another matter: see <see cref="Scatter(double)"/>.</para>
/// </remarks>
public sealed class RussianRoulette : LogDetEstimator
{
    /// <summary>Exact terms by default.</summary>
    public const int DefaultExactTerms = 6;

    /// <summary>p of the geometric distribution that is the default.</summary>
    public const double DefaultStop = 0.3;

    /// <summary>Exact terms with which a model is judged, as in the official code.</summary>
    public const int EvaluationTerms = 20;

    // Draws that are rarer do not count as seen.
    private const double Rare = 1e-9;

    // A random number of terms that scatters an eigenvalue's share by more than all of it.
    private const double MuchScatter = 1;

    private readonly Generator? _generator;

    /// <summary>Sets up the series.</summary>
    /// <param name="distribution">Of the number of terms; by default <see cref="GeometricTerms"/> with p =
    /// <see cref="DefaultStop"/>; the paper's has p = 0.5.</param>
    /// <param name="exactTerms">e, terms that are always taken, at least 0. The paper trains with 2.</param>
    /// <param name="draws">Draws of n for each estimate, at least 1; the series runs to the largest.</param>
    /// <param name="gradient">How it is differentiated.</param>
    /// <param name="probes">Where probes come from; by default random signs, which scatter least.</param>
    /// <param name="generator">The random stream of n; by default torch's own.</param>
    /// <param name="shared">Whether all blocks of a pass through a flow take the same draws.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is too small.</exception>
    /// <exception cref="ArgumentException">The distribution's survival function is none, or ends.</exception>
    public RussianRoulette(
        TermDistribution? distribution = null,
        int exactTerms = DefaultExactTerms,
        int draws = 1,
        RouletteGradient gradient = RouletteGradient.Neumann,
        Probes? probes = null,
        Generator? generator = null,
        bool shared = false
    )
    {
        (Distribution, ExactTerms, Draws, Gradient) = (
            Endless(distribution ?? new GeometricTerms(DefaultStop)),
            Guard.AtLeast(exactTerms, 0, nameof(exactTerms)),
            Guard.AtLeast(draws, 1, nameof(draws)),
            gradient
        );
        (Probes, _generator, IsShared) = (probes ?? new RademacherProbes(generator), generator, shared);
    }

    /// <summary>The distribution of n.</summary>
    public TermDistribution Distribution { get; }

    /// <summary>e, terms that are always taken.</summary>
    public int ExactTerms { get; }

    /// <summary>Draws of n for each estimate.</summary>
    public int Draws { get; }

    /// <summary>How it is differentiated.</summary>
    public RouletteGradient Gradient { get; }

    /// <summary>
    /// Whether all blocks of a pass through a flow take the same draws of n, so that a step's cost scatters with one
    /// number instead of one per block. Unbiased all the same, as the blocks' terms add up.
    /// </summary>
    public bool IsShared { get; }

    /// <summary>Where probes come from.</summary>
    public Probes Probes { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There is no exact term, but the branch's certified bound is so close to 1
    /// that the first random ones would scatter more than the whole (<see cref="Scatter(double)"/>).</exception>
    public override Tensor Estimate(Linearization g)
    {
        var n = Draw(() => g.SpectralRadiusBound);
        using var scope = NewDisposeScope();
        int set = Probes.Complete(g.Shape);
        var estimates = Estimate(g, Probes.DrawFor(set, g.Shape, g.Value), n);
        return (set == 1 ? estimates : estimates.view(set, -1).mean([0])).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Draws n and gives the weights of the series whose estimate, for <see cref="Probes"/>, is
    /// <see cref="Estimate(Linearization)"/>'s with <see cref="RouletteGradient.Neumann"/>.
    /// </summary>
    /// <param name="branch">g.</param>
    /// <exception cref="InvalidOperationException"><see cref="Gradient"/> is another one.</exception>
    /// <exception cref="ArgumentException">As from the estimate.</exception>
    public WeightedSeries DrawWeights(ResidualBranch branch) =>
        Gradient == RouletteGradient.Neumann
            ? Weights(Draw(branch.SpectralRadiusBound))
            : throw new InvalidOperationException(
                $"The gradient is {Gradient}, which no weighted series in forward mode has: take "
                    + $"{nameof(RouletteGradient)}.{nameof(RouletteGradient.Neumann)}, or call Estimate."
            );

    /// <summary>Unbiased wherever the series converges.</summary>
    public override double BiasBound(double lipschitz, long dimensions) => lipschitz < 1 ? 0 : double.PositiveInfinity;

    /// <summary>The same with <see cref="EvaluationTerms"/> exact terms, if it has fewer.</summary>
    public override LogDetEstimator ForEvaluation() =>
        new RussianRoulette(
            Distribution,
            Math.Max(ExactTerms, EvaluationTerms),
            Draws,
            Gradient,
            Probes,
            _generator,
            IsShared
        );

    /// <inheritdoc/>
    public override LogDetEstimator Seeded(Generator generator) =>
        new RussianRoulette(
            Distribution,
            ExactTerms,
            Draws,
            Gradient,
            Probes.Seeded(generator),
            _generator ?? generator,
            IsShared
        );

    /// <inheritdoc/>
    public override LogDetEstimator Shared(int part, int parts) =>
        new RussianRoulette(
            Distribution,
            ExactTerms,
            Draws,
            Gradient,
            new SharedProbes(Probes, part, parts),
            _generator
        );

    /// <summary>
    /// How far the random number of terms scatters what an eigenvalue of J at the bound adds to ln det, relative to
    /// that: the standard deviation over draws of n that are not rarer than 1e-9, divided by |ln(1 - L)|. Where it is
    /// above 1 the estimate has rare values that are far off, although its mean is right; J's eigenvalues are usually
    /// well below the bound.
    /// </summary>
    /// <param name="lipschitz">L, an upper bound of Lip(g).</param>
    /// <returns>0 or more; infinite for L of at least 1.</returns>
    public double Scatter(double lipschitz) => Scatter(lipschitz, ExactTerms);

    /// <summary>
    /// The fewest exact terms with which an eigenvalue at the bound is scattered by at most all of its share.
    /// </summary>
    /// <param name="lipschitz">An upper bound of Lip(g), below 1.</param>
    /// <returns>0 or more; null where a hundred are not enough.</returns>
    public int? ExactTermsFor(double lipschitz)
    {
        const int Most = 100;
        int enough = Enumerable.Range(0, Most + 1).FirstOrDefault(e => Scatter(lipschitz, e) <= MuchScatter, -1);
        return enough >= 0 ? enough : null;
    }

    /// <inheritdoc/>
    public override string? Warning(double lipschitz) =>
        Scatter(lipschitz) is var scatter and > MuchScatter
            ? FormattableString.Invariant(
                $"Lip(g) is bounded by {lipschitz:g4}, where the random number of terms ({Distribution}, {ExactTerms} "
            )
                + FormattableString.Invariant($"exact) can scatter ln det by {scatter:g2} times its size. ")
                + "The estimate is unbiased all the same, and fine where eigenvalues of J are far below the bound. "
                + Advice(lipschitz)
            : null;

    /// <summary>The draws of one estimate.</summary>
    private List<int> Draw(Func<double> spectralRadiusBound)
    {
        if (ExactTerms == 0 && Scatter(spectralRadiusBound()) is var scatter and > MuchScatter)
            throw new ArgumentException(
                FormattableString.Invariant(
                    $"Without an exact term and with {Distribution} the random number of terms scatters ln det by up "
                )
                    + FormattableString.Invariant($"to {scatter:g2} times its size: ")
                    + Advice(spectralRadiusBound())
            );
        List<int> Fresh() => [.. Enumerable.Range(0, Draws).Select(_ => Distribution.Draw(_generator))];
        // The distribution is the same object in all copies of an estimator.
        return IsShared ? EstimatorChoice.Shared((Distribution, Draws), Fresh) : Fresh();
    }

    /// <summary>The estimate for given draws.</summary>
    /// <param name="g">The branch at a batch of points.</param>
    /// <param name="v">Probes, as tangents for g; each has an estimate.</param>
    /// <param name="n">The draws.</param>
    internal Tensor Estimate(Linearization g, Tensor v, IReadOnlyList<int> n) =>
        Gradient == RouletteGradient.Basic ? Basic(g, v, n) : Weights(n).Estimate(Products(g), v);

    /// <summary>The sum of (-1)^(k+1) w_k v.J^k v / k.</summary>
    /// <param name="g">The branch at a batch of points.</param>
    /// <param name="v">One probe per example.</param>
    /// <param name="n">The draws.</param>
    private Tensor Basic(Linearization g, Tensor v, IReadOnlyList<int> n)
    {
        var (power, sum) = (v.alias(), zeros(v.size(0), dtype: v.dtype, device: v.device));
        // One term at least, be its weight 0: the value keeps its graph.
        int last = Math.Max(1, n.Max() + ExactTerms);
        for (int k = 1; k <= last; k++)
        {
            using var used = power;
            power = g.Jvp(power);
            using var form = power * v;
            sum = sum + form.flatten(1).sum(1) * (PowerSeries.Coefficient(k) * Weight(k, n));
        }
        return sum;
    }

    /// <summary>
    /// v.J r or s.J v with r, s = v + sum of (-1)^k w_k J^k v, constant: of the right gradient in the mean, but no
    /// estimate of ln det.
    /// </summary>
    internal Tensor Surrogate(Linearization g, Tensor v, IReadOnlyList<int> n) => Weights(n).Surrogate(Products(g), v);

    private Func<Tensor, Tensor> Products(Linearization g) =>
        Gradient == RouletteGradient.TransposedNeumann ? g.Vjp : g.Jvp;

    /// <summary>The series for given draws.</summary>
    private WeightedSeries Weights(IReadOnlyList<int> n)
    {
        var terms = Enumerable.Range(1, n.Max() + ExactTerms).ToList();
        return new(
            [.. terms.Select(k => PowerSeries.Coefficient(k) * Weight(k, n))],
            [.. terms.Select(k => (k % 2 == 0 ? 1 : -1) * Weight(k, n))],
            0
        );
    }

    /// <summary>w_k: the share of the draws that reach the term, divided by the probability to reach it.</summary>
    private double Weight(int k, IReadOnlyList<int> n)
    {
        int j = k - ExactTerms;
        return j <= 0 ? 1 : n.Count(draw => draw >= j) / (n.Count * Distribution.Survival(j));
    }

    /// <summary>Refuses a distribution that cannot reach some term: the estimate would be biased.</summary>
    private static TermDistribution Endless(TermDistribution distribution)
    {
        const int Most = 1_000_000;
        double before = 1;
        for (int j = 1; j <= Most && before >= Rare; j++)
        {
            double survival = distribution.Survival(j);
            if (!(survival > 0 && survival <= before))
                throw new ArgumentException(
                    FormattableString.Invariant($"P(N >= {j}) is {survival} ({distribution}), but must be above 0 and ")
                        + FormattableString.Invariant(
                            $"at most P(N >= {j - 1}) = {before}: every term must be reached "
                        )
                        + "with some probability, or the estimate is biased. GeometricTerms and PoissonTerms do.",
                    nameof(distribution)
                );
            before = survival;
        }
        return distribution;
    }

    private double Scatter(double lipschitz, int exactTerms)
    {
        if (!(lipschitz < 1))
            return double.PositiveInfinity;
        if (lipschitz <= 0)
            return 0;
        // With a_k = L^k / k the variance is the sum over j and k of a_j a_k (1 / P(N >= the smaller of j and k) - 1).
        var (shares, survivals) = (new List<double>(), new List<double>());
        for (int j = 1; Distribution.Survival(j) is var survival && survival >= Rare; j++)
        {
            survivals.Add(survival);
            shares.Add(Math.Pow(lipschitz, exactTerms + j) / (exactTerms + j));
        }
        double variance = 0,
            later = 0;
        for (int i = shares.Count - 1; i >= 0; i--)
        {
            variance += shares[i] * (shares[i] + 2 * later) * (1 / survivals[i] - 1) / Draws;
            later += shares[i];
        }
        return Math.Sqrt(variance) / -Math.Log(1 - lipschitz);
    }

    private string Advice(double lipschitz) =>
        ExactTermsFor(lipschitz) is { } enough
            ? $"Take {enough} exact terms, or a smaller coefficient."
            : $"Lip(g) <= {FormattableString.Invariant($"{lipschitz:g4}")} is too close to 1 for a hundred exact "
                + "terms: take a smaller coefficient, or freeze the model with certified norms.";
}
