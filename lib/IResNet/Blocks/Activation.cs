namespace IResNet;

/// <summary>
/// A nonlinearity phi, and its first derivative as ordinary tensor operations. Jacobian products of a branch are built
/// from these, so that one level of automatic differentiation is enough to differentiate a log-determinant. Derive from
/// it to use another one; <see cref="ActivationKind"/> makes it a choice of a model's configuration.
/// </summary>
public abstract class Activation : nn.Module<Tensor, Tensor>
{
    /// <summary>Names the module.</summary>
    protected Activation(string name)
        : base(name) { }

    /// <summary>An upper bound of Lip(phi) in the 2-norm. 1 for all activations of the library.</summary>
    public virtual double LipschitzBound => 1;

    /// <summary>
    /// The same in the norm |x|_p. By default for activations that act on each entry by itself, or make several entries
    /// of each: those of the library. One that mixes entries otherwise has to override it.
    /// </summary>
    /// <param name="order">p, from 1 to infinity.</param>
    public virtual double LipschitzBoundIn(double order) =>
        // Of m entries (a_1 t, ..., a_m t) the p-norm exceeds the 2-norm by at most m^(1/p - 1/2).
        LipschitzBound * Math.Pow(Channels(2) / 2, Math.Max(0, 1 / order - 0.5));

    /// <summary>The number of channels (axis 1) that come out where so many go in. By default as many.</summary>
    public virtual int Channels(int inputs) => inputs;

    /// <summary>
    /// What <see cref="Jvp"/> and <see cref="Vjp"/> need of phi at <paramref name="p"/>: for elementwise activations
    /// phi'(p).
    /// </summary>
    /// <param name="p">The pre-activation, shape (n, channels, ...).</param>
    /// <param name="value">phi(p), as <c>forward</c> gave it.</param>
    public abstract Tensor Derivative(Tensor p, Tensor value);

    /// <summary>
    /// J t. By default for elementwise activations: the product with the derivative.
    /// </summary>
    /// <param name="derivative">What <see cref="Derivative"/> gave.</param>
    /// <param name="tangent">Of p's shape, or with leading axes before it.</param>
    public virtual Tensor Jvp(Tensor derivative, Tensor tangent) => derivative * tangent;

    /// <summary>
    /// Transposed J times u. By default for elementwise activations: the product with the derivative.
    /// </summary>
    /// <param name="derivative">What <see cref="Derivative"/> gave.</param>
    /// <param name="cotangent">Of the value's shape, or with leading axes before it.</param>
    public virtual Tensor Vjp(Tensor derivative, Tensor cotangent) => derivative * cotangent;

    /// <summary>The axis of a direction's channels: 1, behind the leading axes that it has and the derivative has
    /// not.</summary>
    protected static int ChannelAxis(Tensor derivative, Tensor direction) =>
        1 + (int)(direction.dim() - derivative.dim());
}
