namespace IResNet;

/// <summary>
/// One way to compute what blocks are made of. The mathematics asks the current backend
/// (<see cref="Backends.Current"/>), block by block; what it refuses <see cref="Backends.Reference"/> computes by
/// torch's operations. The conditions that decide stand in the backend and nowhere else. Derive from this class in an
/// assembly of your own to serve some requests faster; by default all are refused.
/// </summary>
/// <remarks>
/// A backend computes the same numbers as the reference to the rounding of the tensors' type, draws its probes from the
/// estimator in the same order, and its results can be differentiated as often as the reference's. It may be asked by
/// several threads at once. Shapes and types have been checked before it is asked.
/// </remarks>
public abstract class Backend
{
    /// <summary>A word that names it, such as <c>reference</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it computes with on this machine, for people.</summary>
    public virtual string Description => Name;

    /// <summary>A residual block: y = x + g(x), shape of x, and ln det(I + J) per example, shape (n).</summary>
    /// <param name="branch">g.</param>
    /// <param name="estimator">How the log-determinant is estimated.</param>
    /// <param name="x">A batch, shape (n, ...).</param>
    public virtual Answer<(Tensor y, Tensor logDet)> Step(ResidualBranch branch, LogDetEstimator estimator, Tensor x) =>
        Answer<(Tensor, Tensor)>.Refuse(Nothing);

    /// <summary>A branch's value and products with its Jacobian at a batch of points.</summary>
    /// <param name="branch">g.</param>
    /// <param name="x">A batch, shape (n, ...).</param>
    public virtual Answer<Linearization> Linearize(ResidualBranch branch, Tensor x) =>
        Answer<Linearization>.Refuse(Nothing);

    /// <summary>
    /// The normalization of a training step: advances each layer's power iteration by its configured number of
    /// iterations and gives the effective weights (Equation 2), differentiable in the raw ones. Asked for single layers
    /// first, then once for all layers that it serves.
    /// </summary>
    /// <param name="layers">Different layers in training mode.</param>
    public virtual Answer<IReadOnlyList<Tensor>> Normalize(IReadOnlyList<SpectralLayer> layers) =>
        Answer<IReadOnlyList<Tensor>>.Refuse(Nothing);

    /// <summary>x with x + g(x) = y, to the tolerance of a solver. Gradients are off.</summary>
    /// <param name="branch">g, at its weights of now.</param>
    /// <param name="solver">The iteration and its tolerance.</param>
    /// <param name="y">A batch of finite numbers, shape (n, ...).</param>
    public virtual Answer<InverseResult> Invert(ResidualBranch branch, InverseSolver solver, Tensor y) =>
        Answer<InverseResult>.Refuse(Nothing);

    /// <summary>An affine map per channel, x exp(s) + b.</summary>
    /// <param name="x">A batch, shape (n, channels, ...).</param>
    /// <param name="logScale">s, shape (channels).</param>
    /// <param name="shift">b, shape (channels).</param>
    public virtual Answer<Tensor> Affine(Tensor x, Tensor logScale, Tensor shift) => Answer<Tensor>.Refuse(Nothing);

    /// <summary>Gives memory back that is kept for the next request.</summary>
    public virtual void Trim() { }

    private string Nothing => $"{Name} has nothing for this";
}
