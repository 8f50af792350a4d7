namespace IResNet;

/// <summary>
/// An invertible map. <c>forward</c> gives y and ln |det dy/dx| per example, shape (n);
/// <see cref="Inverse(Tensor, InverseSolver?)"/> gives x back. Derive from it for another one; one that is composed of
/// others registers these as submodules, in forward order, so that a flow finds the residual blocks in it.
/// </summary>
public abstract class Bijection : nn.Module<Tensor, (Tensor y, Tensor logDet)>
{
    /// <summary>Names the module.</summary>
    protected Bijection(string name)
        : base(name) { }

    /// <summary>
    /// x with F(x) = y. Never changes the module: power iterations and initialisations happen in training steps only.
    /// Not differentiable in the module's parameters.
    /// </summary>
    /// <param name="y">A batch of outputs.</param>
    /// <param name="solver">How residual blocks are inverted; by default <see cref="Chebyshev"/> to 1e-6.</param>
    /// <exception cref="NonConvergenceException">A residual block's iteration did not reach the tolerance.</exception>
    /// <exception cref="NonFiniteException">y holds NaN or an infinity, and a residual block or a coupling layer is to
    /// be inverted.</exception>
    /// <exception cref="ShapeException">y does not fit.</exception>
    public abstract InverseResult Inverse(Tensor y, InverseSolver? solver = null);

    /// <summary>As the other overload, by <see cref="Chebyshev"/> to a tolerance.</summary>
    public InverseResult Inverse(Tensor y, double tolerance) => Inverse(y, new Chebyshev(tolerance));

    /// <summary>An upper bound of Lip(F^-1), infinite where none is known (Lemma 2 for residual blocks).</summary>
    public abstract double InverseLipschitzBound();

    /// <summary>
    /// The same in the norm |x|_p, in which residual blocks of layers with other norms contract. By default known for
    /// the 2-norm alone.
    /// </summary>
    /// <param name="order">p, from 1 to infinity.</param>
    public virtual double InverseLipschitzBoundIn(double order) =>
        order == 2 ? InverseLipschitzBound() : double.PositiveInfinity;

    /// <summary>The inverse of a map that has a closed form: exact but for rounding.</summary>
    protected static InverseResult Exact(Tensor x) => new(x, 0, 0, 0);

    /// <summary>Zeros of shape (n): the log-determinant of a volume-preserving map.</summary>
    protected static Tensor NoLogDet(Tensor x) => zeros(x.size(0), dtype: x.dtype, device: x.device);
}
