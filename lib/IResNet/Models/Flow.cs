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
    protected Flow(string name, Sequence transform, DiagonalGaussian prior)
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
    public DiagonalGaussian Prior { get; }

    /// <summary>All residual blocks, in forward order.</summary>
    public IReadOnlyList<ResidualBlock> ResidualBlocks { get; }

    /// <summary>All ActNorm layers, in forward order.</summary>
    public IReadOnlyList<ActNorm> ActNorms { get; }

    /// <summary>The shape of a latent without its batch axis.</summary>
    protected abstract long[] LatentShape { get; }

    /// <summary>Chooses how all blocks compute their log-determinants.</summary>
    public Flow WithEstimator(LogDetEstimator estimator)
    {
        foreach (var block in ResidualBlocks)
            block.Estimator = estimator;
        return this;
    }

    /// <summary>ln p(x) per example, in nats.</summary>
    /// <exception cref="NonFiniteException">x holds NaN or an infinity.</exception>
    /// <exception cref="ShapeException">x does not fit the model, in shape or type.</exception>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (logPrior, logDet) = LogProbTerms(x);
        return (logPrior + logDet).MoveToOuterDisposeScope();
    }

    /// <summary>The two terms of ln p(x), each of shape (n).</summary>
    /// <exception cref="NonFiniteException">x holds NaN or an infinity.</exception>
    /// <exception cref="ShapeException">x does not fit the model, in shape or type.</exception>
    public (Tensor logPrior, Tensor logDet) LogProbTerms(Tensor x)
    {
        Guard.NonEmpty(x);
        Guard.SameType(x, Prior.Mean);
        Guard.Finite(x, "The input");
        using var scope = NewDisposeScope();
        var (z, logDet) = Transform.forward(x);
        return (Prior.forward(z.flatten(1)).MoveToOuterDisposeScope(), logDet.MoveToOuterDisposeScope());
    }

    /// <summary>z = F(x).</summary>
    /// <exception cref="NonFiniteException">x holds NaN or an infinity.</exception>
    /// <exception cref="ShapeException">x does not fit the model, in shape or type.</exception>
    public Tensor LatentsOf(Tensor x)
    {
        Guard.NonEmpty(x);
        Guard.SameType(x, Prior.Mean);
        Guard.Finite(x, "The input");
        using var scope = NewDisposeScope();
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
    /// Evaluation mode with fixed weights: no power iteration, no normalization at each use. With certified norms (the
    /// default) every block then has Lip(g) at most c^layers for certain. <c>train()</c> undoes it.
    /// </summary>
    public Flow Freeze(FrozenNorm norm = FrozenNorm.Certified)
    {
        eval();
        foreach (var layer in Transform.Descendants().OfType<SpectralLayer>())
            layer.Freeze(norm);
        return this;
    }
}
