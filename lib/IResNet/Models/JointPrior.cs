namespace IResNet;

/// <summary>
/// The joint distribution p(z, y) of latents and classes: what a <see cref="HybridFlow"/> has for a prior. Its marginal
/// p(z) is the prior of the density, its conditional p(y | z) the classifier. <c>forward</c> gives ln p(z).
/// </summary>
/// <remarks>
/// Both are functions of z alone: a flow is a bijection, so z is all there is to know of x.
/// </remarks>
public abstract class JointPrior : Prior
{
    private const int MostRounds = 1000,
        LeastDraws = 256;

    /// <summary>For so many classes.</summary>
    /// <param name="name">The module's name.</param>
    /// <param name="classes">Number of classes, at least 2.</param>
    protected JointPrior(string name, int classes)
        : base(name) => Classes = Guard.AtLeast(classes, 2, nameof(classes));

    /// <summary>Number of classes.</summary>
    public int Classes { get; }

    /// <summary>ln p(z), shape (n), and ln p(y | z), shape (n, classes), in nats.</summary>
    /// <param name="z">Latents, shape (n, d).</param>
    /// <exception cref="ShapeException">z does not fit, in shape or type.</exception>
    public abstract (Tensor logPrior, Tensor logClasses) Factors(Tensor z);

    /// <summary>Makes p(z) the given one, of as many dimensions.</summary>
    public abstract void StartFrom(DiagonalGaussian prior);

    /// <summary>ln p(z) per example.</summary>
    /// <param name="z">Shape (n, d).</param>
    /// <returns>Shape (n), in nats.</returns>
    public override Tensor forward(Tensor z)
    {
        using var scope = NewDisposeScope();
        return Factors(z).logPrior.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Draws latents of one class, from p(z | y): those of p(z), each kept with probability p(y | z), until there are
    /// enough. With k equally frequent classes that takes about k draws per latent. A temperature changes the p(z) from
    /// which they are drawn.
    /// </summary>
    /// <param name="label">The class, 0 to one less than <see cref="Classes"/>.</param>
    /// <param name="count">Number of examples, at least 1.</param>
    /// <param name="temperature">As for <see cref="Prior.Sample"/>.</param>
    /// <param name="generator">As for <see cref="Prior.Sample"/>.</param>
    /// <returns>Shape (count, d).</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class, or as for <see
    /// cref="Prior.Sample"/>.</exception>
    /// <exception cref="RareClassException">Almost nothing of p(z) is of the class.</exception>
    public virtual Tensor SampleClass(int label, int count, double temperature = 1, Generator? generator = null)
    {
        CheckDraw(count, temperature);
        ClassLabels.Demand(label, Classes);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        bool wasTraining = training;
        // A draw changes nothing: in training mode the first batch would initialise ActNorm.
        eval();
        try
        {
            var (kept, found) = (new List<Tensor>(), 0L);
            for (int round = 0; found < count; round++)
            {
                if (round == MostRounds)
                    throw new RareClassException(
                        $"Of {MostRounds * (long)Math.Max(count, LeastDraws):N0} latents only {found} were of class "
                            + $"{label}: the model gives it almost no probability. Train it for longer, or take class "
                            + "Gaussians, which draw of each class directly."
                    );
                var z = Sample(Math.Max(count, LeastDraws), temperature, generator);
                var probability = Factors(z).logClasses.select(1, label).exp();
                var keep = Draws.Uniform([z.size(0)], z.dtype, z.device, generator) < probability;
                kept.Add(z[keep]);
                found += kept[^1].size(0);
            }
            return cat(kept).narrow(0, 0, count).contiguous().MoveToOuterDisposeScope();
        }
        finally
        {
            train(wasTraining);
        }
    }
}
