namespace IResNet;

/// <summary>
/// A Gaussian for each class, all classes equally likely: p(z, y) = N(z; m_y, S_y (I + V_y V_y') S_y) / k, where S is
/// diagonal and V, of shape (d, rank), holds what varies together over the whole image, which a flow of convolutions
/// leaves to its prior (a factor analysis). The density is their mixture, classification Bayes' rule, and a class is
/// drawn from its own Gaussian. Means and log standard deviations start at 0, the factors near it.
/// </summary>
/// <remarks>
/// Learned by the density and by the classification, they tell classes apart better than they draw them: at weight 1/d
/// the cross entropy counts d times as much as an image's ln p(x) (<see cref="HybridFlow.Loss"/>), and shifts them by
/// what no digit has. Fitted to the latents of images (<see cref="Fit"/>), what they draw is of the class, and the
/// density is the better one.
/// </remarks>
public sealed class ClassGaussians : JointPrior
{
    private const double FirstLoadings = 0.01,
        LeastStd = 1e-6,
        LeastUnique = 0.05,
        LeastStrength = 0.01;
    private const int FactorRounds = 3;

    [ComponentName(Name = "means")]
    private readonly Parameter _means;

    [ComponentName(Name = "log_stds")]
    private readonly Parameter _logStds;

    [ComponentName(Name = "loadings")]
    private readonly Parameter? _loadings;

    /// <summary>Standard normal for every class at first, but for the factors.</summary>
    /// <param name="classes">k, at least 2.</param>
    /// <param name="dimensions">d.</param>
    /// <param name="rank">Factors of each class, 0 or more; 0 for a diagonal covariance.</param>
    /// <param name="learned">Whether all of it is learned, or stays as <see cref="Fit"/> found it.</param>
    public ClassGaussians(int classes, int dimensions, int rank = 0, bool learned = true)
        : base(nameof(ClassGaussians), classes)
    {
        Guard.AtLeast(dimensions, 1, nameof(dimensions));
        Guard.AtLeast(rank, 0, nameof(rank));
        using var scope = NewDisposeScope();
        _means = new Parameter(zeros(classes, dimensions, device: CPU), learned);
        _logStds = new Parameter(zeros(classes, dimensions, device: CPU), learned);
        // At 0 no factor would be pulled anywhere.
        if (rank > 0)
            _loadings = new Parameter(randn(classes, dimensions, rank, device: CPU) * FirstLoadings, learned);
        RegisterComponents();
        this.KeepFromDisposeScope();
    }

    /// <inheritdoc/>
    public override Parameter Reference => _means;

    /// <summary>These.</summary>
    public override ClassGaussians Gaussians => this;

    /// <summary>The means, shape (k, d).</summary>
    public Parameter Means => _means;

    /// <summary>Natural logarithms of S, shape (k, d): of the standard deviations, where there are no
    /// factors.</summary>
    public Parameter LogStds => _logStds;

    /// <summary>V, shape (k, d, rank); null at rank 0.</summary>
    public Parameter? Loadings => _loadings;

    /// <summary>Whether means, deviations and factors are learned.</summary>
    public bool AreLearned => _means.requires_grad;

    /// <summary>Whether the classes have not been told apart yet: all have the same mean.</summary>
    public bool AreAlike
    {
        get
        {
            using var scope = NewDisposeScope();
            return _means.eq(_means[0]).all().ReadBoolean();
        }
    }

    /// <summary>ln p(z, y) = ln p(z | y) - ln k.</summary>
    /// <param name="z">Shape (n, d).</param>
    /// <returns>Shape (n, k), in nats.</returns>
    /// <exception cref="ShapeException">z does not fit, in shape or type.</exception>
    public Tensor LogJoint(Tensor z)
    {
        Guard.Points(z, _means.size(1));
        Guard.SameType(z, _means);
        using var scope = NewDisposeScope();
        var standardized = (z.unsqueeze(1) - _means) * (-_logStds).exp();
        double constant = 0.5 * Math.Log(2 * Math.PI) * _means.size(1) + Math.Log(Classes);
        var joint = -0.5 * standardized.square().sum(2) - _logStds.sum(1) - constant;
        if (_loadings is not null)
            joint += OfFactors(standardized, _loadings);
        return joint.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override (Tensor logPrior, Tensor logClasses) Factors(Tensor z)
    {
        using var scope = NewDisposeScope();
        var joint = LogJoint(z);
        // Written out, as torch has no logsumexp on its meta device.
        var largest = joint.amax([1], keepdim: true).detach();
        var marginal = (joint - largest).exp().sum(1).log() + largest.squeeze(1);
        return (marginal.MoveToOuterDisposeScope(), (joint - marginal.unsqueeze(1)).MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Makes each class's Gaussian that of its latents: mean, deviation of each dimension, and as loadings the first
    /// what dimensions have in common, as far as it exceeds what so many independent ones would show by chance.
    /// </summary>
    /// <param name="z">Shape (n, d).</param>
    /// <param name="labels">The classes, shape (n), int64: at least two latents of each.</param>
    /// <exception cref="ShapeException">z does not fit, in shape or type.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is outside the classes.</exception>
    /// <exception cref="ArgumentException">Of a class there are fewer than two latents. Nothing was
    /// changed.</exception>
    /// <exception cref="NonFiniteException">z holds NaN or an infinity.</exception>
    public void Fit(Tensor z, Tensor labels)
    {
        Guard.Points(z, _means.size(1));
        Guard.SameType(z, _means);
        Guard.Finite(z, "z");
        ClassLabels.Demand(labels, z.size(0), Classes);
        using var outer = NewDisposeScope();
        using var noGrad = no_grad();
        // All are judged before the first is changed.
        Tensor[] members = [.. Enumerable.Range(0, Classes).Select(label => z[labels.eq(label)])];
        int rare = Array.FindIndex(members, own => own.size(0) < 2);
        if (rare >= 0)
            throw new ArgumentException(
                $"A Gaussian cannot be fitted to {members[rare].size(0)} latents of class {rare}: give at least two.",
                nameof(z)
            );
        for (int label = 0; label < Classes; label++)
        {
            using var scope = NewDisposeScope();
            var own = members[label].to(ScalarType.Float64);
            var mean = own.mean([0]);
            var deviation = own.std(0, unbiased: false).clamp_min(LeastStd);
            var unique = ones_like(deviation);
            if (_loadings is not null)
            {
                var standardized = (own - mean) / deviation;
                var correlations = standardized.t().matmul(standardized) / own.size(0);
                (var common, unique) = Factorise(correlations, _loadings.size(2), own.size(0));
                _loadings[label].narrow(1, 0, common.size(1)).copy_(common / unique.unsqueeze(1));
            }
            _means[label].copy_(mean);
            _logStds[label].copy_((deviation * unique).log());
        }
    }

    /// <summary>The given one for every class, without factors; <see cref="Fit"/> finds these.</summary>
    public override void StartFrom(DiagonalGaussian prior)
    {
        using var noGrad = no_grad();
        _means.copy_(prior.Mean.expand(Classes, -1));
        _logStds.copy_(prior.LogStd.expand(Classes, -1));
        _loadings?.zero_();
    }

    /// <summary>Draws a class for each latent, then the latent from its Gaussian.</summary>
    public override Tensor Sample(int count, double temperature = 1, Generator? generator = null)
    {
        CheckDraw(count, temperature);
        using var scope = NewDisposeScope();
        var labels = Draws.Integers(Classes, [count], ScalarType.Int64, _means.device, generator);
        return Of(labels, temperature, generator).MoveToOuterDisposeScope();
    }

    /// <summary>Draws latents from a class's Gaussian.</summary>
    public override Tensor SampleClass(int label, int count, double temperature = 1, Generator? generator = null)
    {
        CheckDraw(count, temperature);
        ClassLabels.Demand(label, Classes);
        using var scope = NewDisposeScope();
        var labels = full([count], label, ScalarType.Int64, _means.device);
        return Of(labels, temperature, generator).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Of correlations what dimensions have in common, L of shape (d, rank), and the deviation that each has to itself:
    /// near the most probable L L' + diag(u^2), by Joreskog's (1967) alternation.
    /// </summary>
    private static (Tensor common, Tensor unique) Factorise(Tensor correlations, long rank, long examples)
    {
        long dimensions = correlations.size(0),
            taken = Math.Min(rank, dimensions);
        Tensor unique = ones_like(correlations[0]),
            common = zeros_like(correlations);
        for (int round = 0; round < FactorRounds; round++)
        {
            var (values, vectors) = linalg.eigh(correlations / unique / unique.unsqueeze(1));
            var strengths = Strengths(
                values.narrow(0, dimensions - taken, taken),
                (double)dimensions / examples
            );
            common = vectors.narrow(1, dimensions - taken, taken) * strengths.sqrt() * unique.unsqueeze(1);
            unique = (1 - common.square().sum(1)).clamp_min(LeastUnique).sqrt();
        }
        return (common, unique);
    }

    /// <summary>
    /// What the largest eigenvalues of a sample's correlations exceed 1 by in truth, where all others are 1: those of d
    /// independent dimensions reach (1 + sqrt(d/n))^2 by chance alone (Baik and Silverstein, 2006). Little for these,
    /// but not 0, from which a factor could not learn.
    /// </summary>
    private static Tensor Strengths(Tensor values, double ratio)
    {
        double edge = Math.Pow(1 + Math.Sqrt(ratio), 2);
        var shifted = values + 1 - ratio;
        var spike = (shifted + (shifted.square() - 4 * values).clamp_min(0).sqrt()) / 2 - 1;
        return where(values > edge, spike, full_like(spike, LeastStrength));
    }

    /// <summary>What the factors add to ln p(z | y), shape (n, k).</summary>
    private static Tensor OfFactors(Tensor standardized, Tensor loadings)
    {
        // (I + V V')^-1 = I - V (I + V' V)^-1 V' and det(I + V V') = det(I + V' V), which is a small matrix.
        var identity = eye(loadings.size(2), dtype: loadings.dtype, device: loadings.device);
        var gram = loadings.transpose(1, 2).matmul(loadings) + identity;
        var projected = standardized.transpose(0, 1).matmul(loadings).transpose(1, 2);
        // No Cholesky: torch has no triangular solution on its meta device. No eigenvalue is below 1.
        var share = (projected * linalg.inv(gram).matmul(projected)).sum(1).t();
        return 0.5 * (share - linalg.slogdet(gram).Item2);
    }

    private Tensor Of(Tensor labels, double temperature, Generator? generator)
    {
        using var noGrad = no_grad();
        Tensor Noise(params long[] shape) => Draws.Normal(shape, _means.dtype, _means.device, generator);
        var (count, dimensions) = (labels.size(0), _means.size(1));
        var rows = labels.unsqueeze(1).expand(-1, dimensions);
        var noise = Noise(count, dimensions);
        if (_loadings is not null)
        {
            long rank = _loadings.size(2);
            var own = _loadings.gather(0, rows.unsqueeze(2).expand(-1, -1, rank));
            noise = noise + own.matmul(Noise(count, rank, 1)).squeeze(2);
        }
        return _means.gather(0, rows) + temperature * _logStds.gather(0, rows).exp() * noise;
    }
}
