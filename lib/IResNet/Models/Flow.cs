using Trace = System.Diagnostics.Trace;

namespace IResNet;

/// <summary>
/// A normalizing flow: a bijection F and a prior on z = F(x), so that ln p(x) = ln p(z) + ln |det dF/dx| (Equation 3).
/// <c>forward</c> gives ln p(x) per example. Derive from it for a flow of bijections of your choice.
/// </summary>
public abstract class Flow : nn.Module<Tensor, Tensor>
{
    /// <summary>Registers the parts.</summary>
    /// <param name="name">The module's name.</param>
    /// <param name="transform">F.</param>
    /// <param name="prior">p(z).</param>
    protected Flow(string name, Sequence transform, Prior prior)
        : base(name)
    {
        (Transform, Prior) = (transform, prior);
        RegisterComponents();
        ResidualBlocks = [.. transform.Descendants().OfType<ResidualBlock>().Distinct()];
        ActNorms = [.. transform.Descendants().OfType<ActNorm>().Distinct()];
    }

    /// <summary>F, from data to latents.</summary>
    [field: ComponentName(Name = "transform")]
    public Sequence Transform { get; }

    /// <summary>p(z).</summary>
    [field: ComponentName(Name = "prior")]
    public Prior Prior { get; }

    /// <summary>Where the flow is, and its data have to be.</summary>
    public Device Device => Prior.Reference.device;

    /// <summary>The type of the flow's numbers, and of its data.</summary>
    public ScalarType Type => Prior.Reference.dtype;

    /// <summary>All residual blocks, in forward order.</summary>
    public IReadOnlyList<ResidualBlock> ResidualBlocks { get; }

    /// <summary>All ActNorm layers, in forward order.</summary>
    public IReadOnlyList<ActNorm> ActNorms { get; }

    /// <summary>The shape of a latent without its batch axis.</summary>
    protected abstract long[] LatentShape { get; }

    /// <summary>
    /// Chooses how all blocks compute their log-determinants. What may surprise with it
    /// (<see cref="EstimatorWarning"/>) is sent to <see cref="Trace.TraceWarning(string)"/>, which notebooks show.
    /// </summary>
    public Flow WithEstimator(LogDetEstimator estimator)
    {
        foreach (var block in ResidualBlocks)
            block.Estimator = estimator;
        if (EstimatorWarning() is { } warning)
            Trace.TraceWarning(warning);
        return this;
    }

    /// <summary>
    /// What the blocks' estimators warn of (<see cref="LogDetEstimator.Warning"/>) at the bounds of Lip(g) that the
    /// layers' coefficients allow; null for nothing.
    /// </summary>
    /// <param name="choose">As for <see cref="LogProbTerms(Tensor, Func{LogDetEstimator, LogDetEstimator}?)"/>.</param>
    public string? EstimatorWarning(Func<LogDetEstimator, LogDetEstimator>? choose = null)
    {
        string[] warnings =
        [
            .. ResidualBlocks
                .Select(block =>
                    (choose?.Invoke(block.Estimator) ?? block.Estimator).Warning(
                        block.Branch.LipschitzBound(layer => layer.Options.Coefficient)
                    )
                )
                .OfType<string>(),
        ];
        return warnings.Length > 0 ? $"{warnings.Length} of {ResidualBlocks.Count} blocks: {warnings[0]}" : null;
    }

    /// <summary>ln p(x) per example, in nats.</summary>
    /// <exception cref="NonFiniteException">x holds NaN or an infinity.</exception>
    /// <exception cref="ShapeException">x does not fit the model, in shape or type.</exception>
    public override Tensor forward(Tensor x) => LogProb(x);

    /// <summary>As <c>forward</c>, with other estimators in the residual blocks if need be.</summary>
    /// <param name="x">A batch.</param>
    /// <param name="choose">As for <see cref="LogProbTerms(Tensor, Func{LogDetEstimator, LogDetEstimator}?)"/>.</param>
    /// <exception cref="NonFiniteException">x holds NaN or an infinity.</exception>
    /// <exception cref="ShapeException">x does not fit the model, in shape or type.</exception>
    public Tensor LogProb(Tensor x, Func<LogDetEstimator, LogDetEstimator>? choose = null)
    {
        using var scope = NewDisposeScope();
        var (logPrior, logDet) = LogProbTerms(x, choose);
        return (logPrior + logDet).MoveToOuterDisposeScope();
    }

    /// <summary>The two terms of ln p(x), each of shape (n).</summary>
    /// <param name="x">A batch.</param>
    /// <param name="choose">From a block's own estimator to the one to use, for this call alone; by default its
    /// own.</param>
    /// <exception cref="NonFiniteException">x holds NaN or an infinity.</exception>
    /// <exception cref="ShapeException">x does not fit the model, in shape or type.</exception>
    public (Tensor logPrior, Tensor logDet) LogProbTerms(
        Tensor x,
        Func<LogDetEstimator, LogDetEstimator>? choose = null
    )
    {
        Check(x);
        using var scope = NewDisposeScope();
        using var chosen = new EstimatorChoice(choose);
        var (z, logDet) = Transform.forward(x);
        return (Prior.forward(z.flatten(1)).MoveToOuterDisposeScope(), logDet.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// The two terms of ln p(x), without gradients: the log-determinants of all residual blocks by an evaluator, whose
    /// errors are added up.
    /// </summary>
    /// <param name="x">A batch.</param>
    /// <param name="evaluator">Evaluates each block.</param>
    /// <returns>ln p(z) of shape (n), and ln |det dF/dx| with its errors: biases of blocks add up, their independent
    /// standard errors add in squares.</returns>
    /// <exception cref="NonFiniteException">x holds NaN or an infinity.</exception>
    /// <exception cref="ShapeException">x does not fit the model, in shape or type.</exception>
    public (Tensor logPrior, LogDetEstimate logDet) LogProbTerms(Tensor x, LogDetEvaluator evaluator)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Check(x);
        var evaluation = new EvaluatedBlocks(evaluator, x.size(0));
        var (logPrior, logDet) = LogProbTerms(x, _ => evaluation);
        var total = evaluation.Total(logDet);
        total.Value.MoveToOuterDisposeScope();
        return (logPrior.MoveToOuterDisposeScope(), total);
    }

    /// <summary>z = F(x).</summary>
    /// <exception cref="NonFiniteException">x holds NaN or an infinity.</exception>
    /// <exception cref="ShapeException">x does not fit the model, in shape or type.</exception>
    public Tensor LatentsOf(Tensor x)
    {
        Check(x);
        using var scope = NewDisposeScope();
        using var none = new EstimatorChoice(_ => new NoLogDet());
        return Transform.forward(x).y.MoveToOuterDisposeScope();
    }

    /// <summary>Samples: latents from the prior, sent through the inverse (section 3).</summary>
    /// <param name="count">Number of examples.</param>
    /// <param name="temperature">Scales the prior's standard deviation.</param>
    /// <param name="solver">How residual blocks are inverted; by default to 1e-6.</param>
    /// <param name="generator">The random stream; by default the device's own.</param>
    public Tensor Sample(int count, double temperature = 1, InverseSolver? solver = null, Generator? generator = null)
    {
        using var scope = NewDisposeScope();
        var z = Prior.Sample(count, temperature, generator).view([count, .. LatentShape]);
        return Transform.Inverse(z, solver).Value.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Which backend computes what, block by block, and why a faster one does not: the step in the mode of now, the
    /// linearization and the inverse as an evaluation takes them. Goes through the flow once, but computes no block and
    /// changes none.
    /// </summary>
    /// <param name="x">A batch such as the flow will be given; its size, type and device matter, its values do
    /// not.</param>
    /// <exception cref="ShapeException">x does not fit the model, in shape or type.</exception>
    public Explanation Explain(Tensor x)
    {
        Guard.NonEmpty(x);
        Guard.SameType(x, Prior.Reference);
        var (backend, reason) = (Backends.Current, Backends.Reason);
        var explaining = new Explaining(backend);
        using var scope = NewDisposeScope();
        using (Backends.Use(explaining))
            Transform.forward(x);
        return new(backend.Description, reason, explaining.Routes);
    }

    /// <summary>
    /// After a step of the optimiser: power iterations of the layers whose options ask for them then
    /// (<see cref="NormUpdate.AfterStep"/>).
    /// </summary>
    public void UpdateNorms()
    {
        foreach (var layer in SpectralLayers)
            if (layer.Options.Update == NormUpdate.AfterStep)
                layer.Advance();
    }

    /// <summary>
    /// Evaluation mode with fixed weights: no power iteration, no normalization at each use. With certified norms (the
    /// default) every block then has Lip(g) at most c^layers for certain, in its own norm, but for orders without a
    /// close bound (<see cref="FrozenNorm.Certified"/>). <c>train()</c> undoes it.
    /// </summary>
    public Flow Freeze(FrozenNorm norm = FrozenNorm.Certified)
    {
        eval();
        foreach (var layer in SpectralLayers)
            layer.Freeze(norm);
        return this;
    }

    /// <summary>All layers that are held to a norm, in forward order.</summary>
    public IEnumerable<SpectralLayer> SpectralLayers => Transform.Descendants().OfType<SpectralLayer>().Distinct();

    /// <summary>Refuses a batch that does not fit.</summary>
    /// <exception cref="NonFiniteException">x holds NaN or an infinity.</exception>
    /// <exception cref="ShapeException">x is empty or of another type.</exception>
    protected void Check(Tensor x)
    {
        Guard.NonEmpty(x);
        Guard.SameType(x, Prior.Reference);
        Guard.Finite(x, "The input");
    }
}
