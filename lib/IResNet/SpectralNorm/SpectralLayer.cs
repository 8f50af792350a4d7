namespace IResNet;

/// <summary>
/// A linear layer x -> W x + b whose operator W is held to norm at most c: the raw weight is divided by max(1, sigma /
/// c) (Equation 2), where sigma = u.W v comes from power iteration on the operator itself. sigma is differentiated
/// through W, not through u and v. The norm is the spectral norm, or another <see cref="InducedNorm"/>.
/// </summary>
/// <remarks>
/// Power iteration approaches the norm from below, so the bound holds only as well as the iteration has converged.
/// <see cref="Freeze"/> replaces the estimate by a certified upper bound. A layer with another operator derives from
/// this class. Another norm is handed to it, or the class overrides <see cref="PowerIteration"/> and
/// <see cref="Normalized(Tensor, Tensor, Tensor)"/>; <see cref="CertifiedNorm"/> stays a bound of the 2-norm.
/// </remarks>
public abstract class SpectralLayer : nn.Module
{
    /// <summary>A product shorter than this has no direction.</summary>
    public const float NormFloor = 1e-12f;

    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter _bias;

    [ComponentName(Name = "u")]
    private readonly Tensor _u;

    [ComponentName(Name = "v")]
    private readonly Tensor _v;

    [ComponentName(Name = "sigma")]
    private readonly Tensor _sigma;

    [ComponentName(Name = "order")]
    private readonly Parameter? _order;
    private readonly Lock _freezing = new();
    private FrozenWeight? _frozen;
    private Tensor? _cached;

    /// <summary>Draws weights and bias as PyTorch's own layers do: uniform with bound 1 / sqrt(fan-in).</summary>
    /// <param name="name">The module's name.</param>
    /// <param name="weightShape">Shape of the raw weight, outputs first; the bias has one entry for each of
    /// these.</param>
    /// <param name="inputs">Entries of a flattened input at the size on which the norm is taken.</param>
    /// <param name="outputs">Entries of a flattened output at that size.</param>
    /// <param name="options">Coefficient and details.</param>
    /// <param name="norm">The norm to which it is held; by default that of the options' orders for a single
    /// layer.</param>
    protected SpectralLayer(
        string name,
        long[] weightShape,
        long inputs,
        long outputs,
        SpectralNormOptions options,
        InducedNorm? norm = null
    )
        : base(name)
    {
        (Options, Norm) = (options, norm ?? options.Orders.ForChain(1, options.Update)[0]);
        using var scope = NewDisposeScope();
        double bound = 1 / Math.Sqrt(weightShape.Skip(1).Aggregate(1L, (a, b) => a * b));
        _weight = new Parameter(empty(weightShape, device: CPU).uniform_(-bound, bound));
        _bias = new Parameter(empty(weightShape[0], device: CPU).uniform_(-bound, bound));
        _u = Unit(randn(outputs, device: CPU));
        _v = Unit(randn(inputs, device: CPU));
        _sigma = zeros(1, device: CPU);
        if (Norm.Domain is LearnedOrder learned && learned.IsFirst(this))
            _order = new Parameter(zeros(1, device: CPU));
        RegisterComponents();
        this.KeepFromDisposeScope();
    }

    /// <summary>The coefficient and the details of its enforcement.</summary>
    public SpectralNormOptions Options { get; }

    /// <summary>The norm to which it is held.</summary>
    public InducedNorm Norm { get; }

    /// <summary>
    /// What the order of its inputs' norm is learned from, see <see cref="LearnedOrder"/>; else null.
    /// </summary>
    public Parameter? Order => _order;

    /// <summary>The raw weight, before normalization.</summary>
    public Parameter Weight => _weight;

    /// <summary>The bias, which no Lipschitz constant depends on.</summary>
    public Parameter Bias => _bias;

    /// <summary>Left singular vector estimate, flattened; persists between steps.</summary>
    public Tensor U => _u;

    /// <summary>Right singular vector estimate, flattened; persists between steps.</summary>
    public Tensor V => _v;

    /// <summary>sigma = u.W v of the raw weight as the last power iteration found it, one element.</summary>
    public Tensor Sigma => _sigma;

    /// <summary>Whether the effective weight is fixed by <see cref="Freeze"/>.</summary>
    public bool IsFrozen => _frozen is not null;

    /// <summary>Whether a <see cref="SpectralStep"/> has computed the effective weight.</summary>
    internal bool IsCached => _cached is not null;

    /// <summary>Added to the divisor of Equation 2.</summary>
    public virtual double Margin => 0;

    /// <summary>W x, without bias, for a batch: shape (n, inputs, ...) to (n, outputs, ...).</summary>
    /// <param name="weight">The weight, raw or effective.</param>
    /// <param name="x">The batch.</param>
    public abstract Tensor Apply(Tensor weight, Tensor x);

    /// <summary>Transposed W times y for a batch: the adjoint of <see cref="Apply"/>.</summary>
    public abstract Tensor ApplyTranspose(Tensor weight, Tensor y);

    /// <summary>W x + b for a batch; by default the bias is added along axis 1.</summary>
    public virtual Tensor ApplyWithBias(Tensor weight, Tensor x)
    {
        using var scope = NewDisposeScope();
        var y = Apply(weight, x);
        return (y + Bias.view([-1, .. Enumerable.Repeat(1L, (int)y.dim() - 2)])).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// An upper bound of the operator's norm in the 2-norm, for a <paramref name="weight"/>, that holds without any
    /// iteration having converged.
    /// </summary>
    public abstract double CertifiedNorm(Tensor weight);

    /// <summary>
    /// An upper bound of the 2-norm of the weight in use; remembered while the layer is frozen.
    /// </summary>
    public double NormBound()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        if (Frozen() is not { } frozen)
            return CertifiedNorm(EffectiveWeight());
        if (double.IsNaN(frozen.Bound))
            frozen.Bound = CertifiedNorm(frozen.Weight);
        return frozen.Bound;
    }

    /// <summary>
    /// An upper bound of the norm of the weight in use from and to the orders of <see cref="Norm"/>; remembered while
    /// the layer is frozen.
    /// </summary>
    public double InducedNormBound()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        if (Frozen() is not { } frozen)
            return Norm.UpperBound(this, EffectiveWeight());
        if (double.IsNaN(frozen.InducedBound))
            frozen.InducedBound = Norm.UpperBound(this, frozen.Weight);
        return frozen.InducedBound;
    }

    /// <summary>
    /// u.W v for the weight in use: what power iteration takes for its norm. A lower bound, close where the iteration
    /// has converged, at the size on which the norm is taken. Exact where the norm has a closed form.
    /// </summary>
    public double NormEstimate()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return Norm.Estimate(this, EffectiveWeight());
    }

    /// <summary>W v for one flattened vector, at the size on which the norm is taken.</summary>
    public abstract Tensor Matvec(Tensor weight, Tensor v);

    /// <summary>Transposed W times u for one flattened vector, at the size on which the norm is taken.</summary>
    public abstract Tensor RMatvec(Tensor weight, Tensor u);

    /// <summary>Advances u and v by power iterations on the raw weight.</summary>
    /// <param name="iterations">Number of iterations; each costs one product with W and one with its transpose.</param>
    public virtual void PowerIteration(int iterations)
    {
        if (!Options.Enabled)
            return;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        for (int i = 0; i < iterations; i++)
        {
            using var step = NewDisposeScope();
            Norm.Iterate(this);
        }
    }

    /// <summary>
    /// Power iterations until both vectors have converged: root mean square changes below the absolute tolerance plus
    /// the relative one times the vector's largest entry, as the code of Residual Flows has it; at most
    /// <see cref="SpectralNormOptions.MostIterations"/>.
    /// </summary>
    /// <param name="absolute">Absolute tolerance.</param>
    /// <param name="relative">Relative tolerance.</param>
    /// <returns>How many were made.</returns>
    public int PowerIterationTo(double absolute, double relative)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        bool IsConverged(Tensor vector, Tensor before) =>
            (vector - before).square().mean().sqrt().ReadDouble() < absolute + relative * vector.max().ReadDouble();
        int done = 0;
        do
        {
            using var step = NewDisposeScope();
            var (u, v) = (_u.clone(), _v.clone());
            PowerIteration(1);
            done++;
            if (!Norm.IsIterated || (IsConverged(_u, u) && IsConverged(_v, v)))
                break;
        } while (done < SpectralNormOptions.MostIterations);
        return done;
    }

    /// <summary>
    /// Power iterations on a weight whose norm is not yet known at all, and whatever else its <see cref="Norm"/> needs.
    /// </summary>
    /// <param name="iterations">Number of iterations.</param>
    public void SearchNorm(int iterations) => Norm.Search(this, iterations);

    /// <summary>The power iterations of one training step, as <see cref="Options"/> ask for.</summary>
    public void Advance()
    {
        if (Options.Tolerance is { } tolerance)
            PowerIterationTo(tolerance, tolerance);
        else
            PowerIteration(Options.PowerIterations);
    }

    /// <summary>
    /// The normalized weight of Equation 2, differentiable in the raw weight; the fixed one after <see cref="Freeze"/>.
    /// </summary>
    public Tensor EffectiveWeight() => Frozen()?.Weight ?? _cached ?? Normalized();

    /// <summary>Makes a weight the effective one during a training step; null ends that.</summary>
    internal void Cache(Tensor? weight) => _cached = weight;

    /// <summary>
    /// Normalizes the weight once and for all until <see cref="Unfreeze"/>: evaluation, inverse and sampling then pay
    /// for no normalization, and no gradient reaches the raw weight. A raw weight that is written, by whatever means,
    /// is normalized anew, by the same norm, at the next use.
    /// </summary>
    /// <param name="norm">Which norm the weight is divided by.</param>
    public void Freeze(FrozenNorm norm)
    {
        Unfreeze();
        _frozen = Fix(norm);
    }

    /// <summary>Goes back to normalizing the raw weight at every use.</summary>
    public void Unfreeze()
    {
        _frozen?.Dispose();
        _frozen = null;
    }

    /// <summary>Training mode unfreezes: the raw weight is about to change.</summary>
    public override void train(bool on = true)
    {
        if (on)
            Unfreeze();
        base.train(on);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Unfreeze();
        base.Dispose(disposing);
    }

    /// <summary>The fixed weight for the raw weight of now; null where the layer is not frozen.</summary>
    private FrozenWeight? Frozen()
    {
        if (_frozen is not { } known || known.IsOf(Sources(known.Norm)))
            return _frozen;
        lock (_freezing)
            // Other threads may still use the old one, so that it is left to the garbage collector.
            if (ReferenceEquals(_frozen, known))
                _frozen = Fix(known.Norm);
        return _frozen;
    }

    private FrozenWeight Fix(FrozenNorm norm)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (weight, bound) =
            norm == FrozenNorm.Certified && Options.Enabled
                ? Norm.Certified(this)
                : (_cached ?? Normalized(), double.NaN);
        bool isEuclidean = Norm.Domain.IsFixedAt(2) && Norm.Codomain.IsFixedAt(2);
        return new(norm, weight, isEuclidean ? bound : double.NaN, Sources(norm)) { InducedBound = bound };
    }

    /// <summary>What a fixed weight follows from.</summary>
    private Tensor[] Sources(FrozenNorm norm) =>
        !Options.Enabled ? [_weight]
        : norm == FrozenNorm.PowerIteration ? [_weight, _u, _v]
        : [_weight, .. new[] { Norm.Domain, Norm.Codomain }.OfType<LearnedOrder>().Select(order => (Tensor)order.Raw)];

    /// <summary>The raw weight divided as Equation 2 has it.</summary>
    private Tensor Normalized()
    {
        if (!Options.Enabled)
            return _weight;
        using var scope = NewDisposeScope();
        // A graph keeps u and v until its gradient is taken, and the next power iteration may come before.
        var (u, v) = is_grad_enabled() ? (_u.clone(), _v.clone()) : (_u, _v);
        return Normalized(_weight, u, v).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The weight held to norm c; for the spectral norm Equation 2: divided by max(1, sigma / c), where sigma = u.W v
    /// is differentiated through W.
    /// </summary>
    /// <param name="weight">The raw weight.</param>
    /// <param name="u">Left singular vector estimate; constant.</param>
    /// <param name="v">Right singular vector estimate; constant.</param>
    public virtual Tensor Normalized(Tensor weight, Tensor u, Tensor v) => Norm.Normalized(this, weight, u, v);

    /// <summary>The weight divided by max(1, u.W v / c), and the margin.</summary>
    internal Tensor DividedBy(Tensor weight, Tensor u, Tensor v)
    {
        using var scope = NewDisposeScope();
        var sigma = (u * Matvec(weight, v)).sum();
        return (weight / ((sigma / Options.Coefficient).clamp_min(1) + Margin)).MoveToOuterDisposeScope();
    }

    private static Tensor Unit(Tensor x) => x / x.norm();
}

/// <summary>The norm by which <see cref="SpectralLayer.Freeze"/> divides.</summary>
public enum FrozenNorm
{
    /// <summary>
    /// An upper bound: exact for dense layers, 1x1 convolutions and norms with a closed form, certified for larger
    /// kernels. Lip(g) at most c^layers is then a fact. <see cref="IteratedNorm"/> has none that is close, and says so
    /// in the bounds.
    /// </summary>
    Certified,

    /// <summary>
    /// u.W v from the stored vectors, as the official code evaluates. It may lie below the true norm.
    /// </summary>
    PowerIteration,
}
