namespace IResNet;

/// <summary>
/// g of a residual block x + g(x), with Lip(g) below 1. For layers with activations between them there is
/// <see cref="SequentialBranch"/>; derive from this class for another g. <c>forward</c> and
/// <see cref="LipschitzBound()"/> are enough: spectral layers that are registered as submodules are found, normalized
/// and frozen, and Jacobian products come from automatic differentiation unless <see cref="Linearize"/> gives better
/// ones.
/// </summary>
public abstract class ResidualBranch : nn.Module<Tensor, Tensor>
{
    private IReadOnlyList<SpectralLayer>? _layers;

    /// <summary>Names the module.</summary>
    protected ResidualBranch(string name)
        : base(name) { }

    /// <summary>The spectral layers in it, in the order in which they were registered.</summary>
    public IReadOnlyList<SpectralLayer> Layers =>
        _layers ??= [.. this.Descendants().OfType<SpectralLayer>().Distinct()];

    /// <summary>
    /// An upper bound of Lip(g) in the 2-norm, from certified norms of the effective weights in use. Below 1 it
    /// certifies that the block is invertible (Theorem 1); at or above 1 it says nothing.
    /// </summary>
    public abstract double LipschitzBound();

    /// <summary>
    /// What Lip(g) would be bounded by if the layers had other norms than the certified ones: those that power
    /// iteration estimates, or the coefficients that training holds them to. By default what is certain.
    /// </summary>
    /// <param name="norm">The norm of a layer.</param>
    public virtual double LipschitzBound(Func<SpectralLayer, double> norm) => SpectralRadiusBound();

    /// <summary>
    /// The best that is certain about Lip(g) in any norm. By default the bound in the 2-norm; layers that are held to
    /// other norms give another, see <see cref="SequentialBranch"/>.
    /// </summary>
    public virtual LipschitzCertificate Certificate() => new(LipschitzBound(), 2);

    /// <summary>
    /// An upper bound of the magnitude of the Jacobian's eigenvalues at every point: Lip(g) in any norm is one.
    /// </summary>
    public double SpectralRadiusBound() => Math.Min(LipschitzBound(), Certificate().Bound);

    /// <summary>Evaluates g at x once and keeps what Jacobian products need.</summary>
    /// <param name="x">A batch, shape (n, ...).</param>
    /// <returns>The value, of x's shape, and products with the Jacobian. They live in the caller's dispose
    /// scope.</returns>
    /// <exception cref="ShapeException">x does not fit the branch, in shape or type.</exception>
    public virtual Linearization Linearize(Tensor x) => AutogradLinearization.At(this, x);

    /// <summary>
    /// g with the effective weights of now: for the many evaluations of an inverse. By default <c>forward</c>, which
    /// computes them each time.
    /// </summary>
    /// <returns>g. It lives in the caller's dispose scope.</returns>
    public virtual Func<Tensor, Tensor> AtPresentWeights() => forward;

    /// <summary>Refuses shapes that the branch cannot take.</summary>
    /// <exception cref="ShapeException">x does not fit.</exception>
    protected virtual void CheckShape(Tensor x) => Guard.NonEmpty(x);

    /// <summary>Refuses inputs that the branch cannot take, in shape or type.</summary>
    internal void Check(Tensor x)
    {
        CheckShape(x);
        if (Layers.Count > 0)
            Guard.SameType(x, Layers[0].Weight);
    }

    /// <summary>
    /// Advances every layer's power iteration as its options say; a training step does this once.
    /// </summary>
    public void PowerIteration()
    {
        foreach (var layer in Layers)
            layer.Advance();
    }

    /// <summary>Fixes the effective weights of all layers, see <see cref="SpectralLayer.Freeze"/>.</summary>
    public void Freeze(FrozenNorm norm = FrozenNorm.Certified)
    {
        foreach (var layer in Layers)
            layer.Freeze(norm);
    }

    /// <summary>Goes back to normalizing the raw weights at every use.</summary>
    public void Unfreeze()
    {
        foreach (var layer in Layers)
            layer.Unfreeze();
    }
}
