namespace IResNet;

/// <summary>
/// Russian roulette on Krylov space: an unbiased ln det(I + J) for evaluation, of far fewer products than the power
/// series needs. Instead of the series' terms, the steps of Arnoldi's process are random in number.
/// </summary>
/// <remarks>
/// Let f_m be the quadratic form of <see cref="Arnoldi"/> after m steps. All f_m up to some m come from one process, as
/// Krylov spaces lie in each other, and f_d = v.log(I + J) v is exact in d dimensions. With s certain steps and a draw
/// n the estimate is f_s + the sum over k = 1..n of (f_(s+k) - f_(s+k-1)) / P(N >= k), whose mean over n telescopes to
/// f_d, and whose mean over v is ln det(I + J). The sum ends at d, so that its variance is finite for any distribution;
/// and the differences decay about twice as fast per product as the series' terms, so that it is small.
/// </remarks>
public sealed class KrylovRoulette : LogDetEvaluator
{
    private readonly Generator? _generator;

    /// <summary>Sets up the estimate.</summary>
    /// <param name="distribution">Of the number of random steps; by default <see cref="GeometricTerms"/> with p =
    /// 0.5.</param>
    /// <param name="steps">s, steps that are always taken, at least 1.</param>
    /// <param name="samples">Independent estimates, at least 1: each with a draw and a probe per example, or one set of
    /// <see cref="ColouredProbes"/>.</param>
    /// <param name="probes">Where probes come from; by default random signs.</param>
    /// <param name="generator">The random stream of n; by default torch's own.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public KrylovRoulette(
        TermDistribution? distribution = null,
        int steps = 4,
        int samples = 8,
        Probes? probes = null,
        Generator? generator = null
    )
    {
        (Steps, Samples) = (Guard.AtLeast(steps, 1, nameof(steps)), Guard.AtLeast(samples, 1, nameof(samples)));
        Distribution = distribution ?? new GeometricTerms();
        (Probes, _generator) = (probes ?? new RademacherProbes(generator), generator);
    }

    /// <summary>The distribution of the number of random steps.</summary>
    public TermDistribution Distribution { get; }

    /// <summary>s, steps that are always taken.</summary>
    public int Steps { get; }

    /// <summary>Independent estimates.</summary>
    public int Samples { get; }

    /// <summary>Where probes come from.</summary>
    public Probes Probes { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The distribution cannot reach some step: the estimate would be
    /// biased.</exception>
    /// <exception cref="NonFiniteException">A quadratic form is not finite: J's norm is not below 1.</exception>
    public override LogDetEstimate Evaluate(Linearization g)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var estimates = new RepeatedEstimates((int)g.BatchSize);
        int set = Probes.Complete(g.Shape),
            products = 0;
        for (int sample = 0; sample < Samples; sample++)
        {
            using var one = NewDisposeScope();
            int n = Distribution.Draw(_generator);
            double[] forms = Estimate(g, Probes.DrawFor(set, g.Shape, g.Value), n);
            double[] means =
            [
                .. Enumerable
                    .Range(0, (int)g.BatchSize)
                    .Select(i => forms.Where((_, row) => row % g.BatchSize == i).Average()),
            ];
            estimates.Add(means);
            products += set * (int)Math.Min(Steps + n, g.Dimensions);
        }
        return new(
            tensor([.. estimates.Means], device: g.Value.device).MoveToOuterDisposeScope(),
            Math.Sqrt(estimates.Variance / Samples),
            0,
            products
        );
    }

    /// <summary>The estimate for a given draw, one per probe.</summary>
    /// <param name="g">The branch at a batch of points.</param>
    /// <param name="v">Probes, as tangents for g.</param>
    /// <param name="n">The draw.</param>
    internal double[] Estimate(Linearization g, Tensor v, int n)
    {
        var (columns, scale) = Arnoldi.Process(g, v, Steps + n);
        var logarithm = new HessenbergLog(g.LipschitzBound);
        double[] values = new double[scale.Length];
        for (int row = 0; row < values.Length; row++)
        {
            double before = 0;
            for (int m = Math.Min(Steps, columns.Length); m <= columns.Length; m++)
            {
                double form = QuadraticForm(logarithm, columns, row, m);
                values[row] += (form - before) / Reached(m - Steps);
                before = form;
            }
            values[row] *= scale[row];
        }
        if (!values.All(double.IsFinite))
            throw new NonFiniteException(
                "A log-determinant is not finite: the branch is no contraction here. Freeze the model with certified "
                    + "norms, or check its weights."
            );
        return values;
    }

    private double Reached(int step)
    {
        double survival = step <= 0 ? 1 : Distribution.Survival(step);
        return survival > 0
            ? survival
            : throw new ArgumentException(
                $"P(N >= {step}) is {survival} ({Distribution}), but every step must be reached with some probability, "
                    + "or the estimate is biased. GeometricTerms and PoissonTerms do."
            );
    }

    /// <summary>The form of the leading m x m part of a row's H.</summary>
    private static double QuadraticForm(HessenbergLog logarithm, double[][] columns, int row, int m)
    {
        double[] h = new double[m * m];
        for (int j = 0; j < m; j++)
        {
            for (int i = 0; i <= Math.Min(j + 1, m - 1); i++)
                h[i * m + j] = columns[j][row * (j + 2) + i];
        }
        return logarithm.QuadraticForm(h, m, 0).Value;
    }
}
