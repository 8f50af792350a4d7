namespace IResNet;

/// <summary>
/// A Gaussian for each class, all classes equally likely: p(z, y) = N(z; m_y, S_y (I + V_y V_y') S_y) / k, where S is
/// diagonal and V, of shape (d, rank), holds what varies together over the whole image, which a flow of convolutions
/// leaves to its prior (a factor analysis). The density is their mixture, classification Bayes' rule, and a class is
/// drawn from its own Gaussian. A class of many forms can have several, each with a share of it: a mixture of factor
/// analysers (Ghahramani and Hinton, 1996). Means and log standard deviations start at 0, the factors near it.
/// </summary>
/// <remarks>
/// Learned by the density and by the classification, they tell classes apart better than they draw them: at weight 1/d
/// the cross entropy counts d times as much as an image's ln p(x) (<see cref="HybridFlow.Loss"/>), and shifts them by
/// what no digit has. Fitted to the latents of images (<see cref="Fit"/>), what they draw is of the class, and the
/// density is the better one.
/// </remarks>
public sealed class ClassGaussians : JointPrior
{
    private const double FirstDifference = 0.01,
        LeastStd = 1e-6,
        LeastUnique = 0.05,
        LeastStrength = 0.01;
    private const int FactorRounds = 3,
        MixtureRounds = 3,
        ClusterRounds = 30,
        ClusterDirections = 40;

    [ComponentName(Name = "means")]
    private readonly Parameter _means;

    [ComponentName(Name = "log_stds")]
    private readonly Parameter _logStds;

    [ComponentName(Name = "loadings")]
    private readonly Parameter? _loadings;

    [ComponentName(Name = "shares")]
    private readonly Parameter? _shares;

    /// <summary>Standard normal for every class at first, but for what tells factors and Gaussians apart.</summary>
    /// <param name="classes">k, at least 2.</param>
    /// <param name="dimensions">d.</param>
    /// <param name="rank">Factors of each Gaussian, 0 or more; 0 for a diagonal covariance.</param>
    /// <param name="learned">Whether all of it is learned, or stays as <see cref="Fit"/> found it.</param>
    /// <param name="components">m, the Gaussians of each class, at least 1.</param>
    public ClassGaussians(int classes, int dimensions, int rank = 0, bool learned = true, int components = 1)
        : base(nameof(ClassGaussians), classes)
    {
        Guard.AtLeast(dimensions, 1, nameof(dimensions));
        Guard.AtLeast(rank, 0, nameof(rank));
        Components = Guard.AtLeast(components, 1, nameof(components));
        int gaussians = classes * components;
        using var scope = NewDisposeScope();
        _means = new Parameter(zeros(gaussians, dimensions, device: CPU), learned);
        // Alike, they would be pulled the same way and never part; at 0 no factor would be pulled anywhere.
        _logStds = new Parameter(
            components > 1
                ? randn(gaussians, dimensions, device: CPU) * FirstDifference
                : zeros(gaussians, dimensions, device: CPU),
            learned
        );
        if (rank > 0)
            _loadings = new Parameter(randn(gaussians, dimensions, rank, device: CPU) * FirstDifference, learned);
        if (components > 1)
            _shares = new Parameter(zeros(gaussians, device: CPU), learned);
        RegisterComponents();
        this.KeepFromDisposeScope();
    }

    /// <inheritdoc/>
    public override Parameter Reference => _means;

    /// <summary>m, the number of Gaussians of each class; below those of a class follow each other.</summary>
    public int Components { get; }

    /// <summary>The means, shape (k m, d).</summary>
    public Parameter Means => _means;

    /// <summary>Natural logarithms of S, shape (k m, d): of the standard deviations, where there are no
    /// factors.</summary>
    public Parameter LogStds => _logStds;

    /// <summary>V, shape (k m, d, rank); null at rank 0.</summary>
    public Parameter? Loadings => _loadings;

    /// <summary>
    /// Natural logarithms of the Gaussians' shares of their class, up to a constant for each class: shape (k m). Null
    /// where each class has one.
    /// </summary>
    public Parameter? Shares => _shares;

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
        var joint = LogGaussians(z, _means, _logStds, _loadings) - Math.Log(Classes);
        if (_shares is not null)
            joint = LogSum((joint + LogShares(_shares).flatten()).view(-1, Classes, Components));
        return joint.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override (Tensor logPrior, Tensor logClasses) Factors(Tensor z)
    {
        using var scope = NewDisposeScope();
        var joint = LogJoint(z);
        var marginal = LogSum(joint);
        return (marginal.MoveToOuterDisposeScope(), (joint - marginal.unsqueeze(1)).MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Makes each class's Gaussian that of its latents: mean, deviation of each dimension, and as loadings the first
    /// what dimensions have in common, as far as it exceeds what so many independent ones would show by chance. Several
    /// of a class begin at clusters of its latents, and share these out among them in some rounds of expectation and
    /// maximisation.
    /// </summary>
    /// <param name="z">Shape (n, d).</param>
    /// <param name="labels">The classes, shape (n), int64: at least two latents of each Gaussian.</param>
    /// <exception cref="ShapeException">z does not fit, in shape or type.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is outside the classes.</exception>
    /// <exception cref="ArgumentException">Of a class there are fewer than two latents for each Gaussian. Nothing was
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
        int least = 2 * Components,
            rare = Array.FindIndex(members, own => own.size(0) < least);
        if (rare >= 0)
            throw new ArgumentException(
                $"{Components} of a class's Gaussians cannot be fitted to {members[rare].size(0)} latents of class "
                    + $"{rare}: give at least {least}.",
                nameof(z)
            );
        for (int label = 0; label < Classes; label++)
        {
            using var scope = NewDisposeScope();
            var own = members[label].to(ScalarType.Float64);
            int first = label * Components;
            if (_shares is null)
            {
                FitOne(first, own, ones_like(own.select(1, 0)));
                continue;
            }
            var parts = FirstParts(own, Components);
            for (int round = 0; round < MixtureRounds; round++)
                parts = FitAll(first, own, parts);
        }
    }

    /// <summary>
    /// The given one for every class, without factors, and several of a class alike: <see cref="Fit"/> finds what no
    /// learning would part.
    /// </summary>
    public override void StartFrom(DiagonalGaussian prior)
    {
        using var noGrad = no_grad();
        _means.copy_(prior.Mean.expand_as(_means));
        _logStds.copy_(prior.LogStd.expand_as(_logStds));
        _loadings?.zero_();
        _shares?.zero_();
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
    private static (Tensor common, Tensor unique) Factorise(Tensor correlations, long rank, Tensor examples)
    {
        long dimensions = correlations.size(0),
            taken = Math.Min(rank, dimensions);
        Tensor unique = ones_like(correlations[0]),
            common = zeros_like(correlations);
        for (int round = 0; round < FactorRounds; round++)
        {
            var (values, vectors) = linalg.eigh(correlations / unique / unique.unsqueeze(1));
            var strengths = Strengths(values.narrow(0, dimensions - taken, taken), dimensions / examples);
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
    private static Tensor Strengths(Tensor values, Tensor ratio)
    {
        var edge = (1 + ratio.sqrt()).square();
        var shifted = values + 1 - ratio;
        var spike = (shifted + (shifted.square() - 4 * values).clamp_min(0).sqrt()) / 2 - 1;
        return where(values > edge, spike, full_like(spike, LeastStrength));
    }

    /// <summary>
    /// The parts with which the fit of several Gaussians begins, shape (n, m): clusters (Lloyd's algorithm) in the
    /// directions of largest variance, from equal parts along the first of these.
    /// </summary>
    private static Tensor FirstParts(Tensor own, int components)
    {
        var standardized = (own - own.mean([0])) / own.std(0, unbiased: false).clamp_min(LeastStd);
        var (_, vectors) = linalg.eigh(standardized.t().matmul(standardized));
        long taken = Math.Min(ClusterDirections, own.size(1));
        var points = standardized.matmul(vectors.narrow(1, -taken, taken));
        var all = arange(components, ScalarType.Int64, device: own.device);
        Tensor Parts(Tensor of) => of.unsqueeze(1).eq(all).to(own.dtype);
        var place = points.select(1, -1).argsort().argsort();
        var parts = Parts((place * components).div(own.size(0), RoundingMode.floor));
        for (int round = 0; round < ClusterRounds; round++)
        {
            var centres = parts.t().matmul(points) / parts.sum(dim: 0).clamp_min(1).unsqueeze(1);
            parts = Parts(cdist(points, centres).argmin(1));
        }
        return parts;
    }

    /// <summary>
    /// One round for the Gaussians of a class: each is fitted to its parts of the latents, and the parts follow anew.
    /// </summary>
    private Tensor FitAll(int first, Tensor own, Tensor parts)
    {
        using var scope = NewDisposeScope();
        // Two latents' worth of the whole class for each, so that none is left with less than a covariance needs.
        var weights = parts + 2.0 / own.size(0);
        var logShares = (weights.sum(dim: 0) / weights.sum()).log();
        var joint = new List<Tensor>();
        for (int i = 0; i < Components; i++)
        {
            using var inner = NewDisposeScope();
            FitOne(first + i, own, weights.select(1, i));
            Tensor Row(Tensor of) => of.narrow(0, first + i, 1).to(own.dtype);
            var density = LogGaussians(own, Row(_means), Row(_logStds), _loadings is null ? null : Row(_loadings));
            joint.Add((density.squeeze(1) + logShares[i]).MoveToOuterDisposeScope());
        }
        _shares!.narrow(0, first, Components).copy_(logShares);
        return nn.functional.softmax(stack(joint, 1), 1).MoveToOuterDisposeScope();
    }

    /// <summary>Makes one Gaussian that of weighted latents.</summary>
    private void FitOne(int row, Tensor own, Tensor weights)
    {
        var total = weights.sum();
        var shares = (weights / total).unsqueeze(1);
        var mean = (shares * own).sum(dim: 0);
        var centred = own - mean;
        var deviation = (shares * centred.square()).sum(dim: 0).sqrt().clamp_min(LeastStd);
        var unique = ones_like(deviation);
        if (_loadings is not null)
        {
            var standardized = centred / deviation;
            var correlations = (shares * standardized).t().matmul(standardized);
            (var common, unique) = Factorise(correlations, _loadings.size(2), total);
            _loadings[row].narrow(1, 0, common.size(1)).copy_(common / unique.unsqueeze(1));
        }
        _means[row].copy_(mean);
        _logStds[row].copy_((deviation * unique).log());
    }

    /// <summary>ln N of each Gaussian, shape (n, gaussians).</summary>
    private static Tensor LogGaussians(Tensor z, Tensor means, Tensor logStds, Tensor? loadings)
    {
        var standardized = (z.unsqueeze(1) - means) * (-logStds).exp();
        double constant = 0.5 * Math.Log(2 * Math.PI) * means.size(1);
        var density = -0.5 * standardized.square().sum(2) - logStds.sum(1) - constant;
        return loadings is null ? density : density + OfFactors(standardized, loadings);
    }

    /// <summary>ln sum exp over the last axis; written out, as torch has none on its meta device.</summary>
    private static Tensor LogSum(Tensor x)
    {
        var largest = x.amax([-1], keepdim: true).detach();
        return (x - largest).exp().sum(-1).log() + largest.squeeze(-1);
    }

    /// <summary>Logarithms of the shares, those of a class with sum 1: shape (k, m).</summary>
    private Tensor LogShares(Tensor shares) => nn.functional.log_softmax(shares.view(Classes, Components), 1);

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
        var chosen = _shares is null ? labels : labels * Components + Part(labels, _shares, generator);
        var rows = chosen.unsqueeze(1).expand(-1, dimensions);
        var noise = Noise(count, dimensions);
        if (_loadings is not null)
        {
            long rank = _loadings.size(2);
            var own = _loadings.gather(0, rows.unsqueeze(2).expand(-1, -1, rank));
            noise = noise + own.matmul(Noise(count, rank, 1)).squeeze(2);
        }
        return _means.gather(0, rows) + temperature * _logStds.gather(0, rows).exp() * noise;
    }

    /// <summary>For each label one of its class's Gaussians, as often as its share says.</summary>
    private Tensor Part(Tensor labels, Tensor shares, Generator? generator)
    {
        var sums = LogShares(shares).exp().cumsum(1)[labels];
        var drawn = Draws.Uniform([labels.size(0), 1], shares.dtype, shares.device, generator);
        // Rounding may leave the last sum below 1.
        return (drawn >= sums).sum(1).clamp_max(Components - 1);
    }
}
