namespace IResNet;

/// <summary>The nonlinearities that a residual branch can use. All have Lipschitz constant at most 1.</summary>
public enum ActivationKind
{
    /// <summary><see cref="IResNet.Elu"/>, the paper's choice.</summary>
    Elu,

    /// <summary><see cref="IResNet.Softplus"/>.</summary>
    Softplus,

    /// <summary><see cref="IResNet.LipSwish"/>, of Residual Flows.</summary>
    LipSwish,

    /// <summary>
    /// <see cref="IResNet.Relu"/>. Its derivative is not continuous: for classifiers, not for densities.
    /// </summary>
    Relu,

    /// <summary><see cref="IResNet.MaxMin"/>, called "sorting" in the official code.</summary>
    MaxMin,
}

/// <summary>
/// A nonlinearity phi with Lip(phi) at most 1, and its first derivative as ordinary tensor operations. Jacobian
/// products of a branch are built from these, so one level of automatic differentiation is enough to differentiate a
/// log-determinant.
/// </summary>
public abstract class Activation : nn.Module<Tensor, Tensor>
{
    /// <summary>Names the module.</summary>
    protected Activation(string name)
        : base(name) { }

    /// <summary>The activation of a kind; a fresh module, as LipSwish has a parameter of its own.</summary>
    public static Activation Of(ActivationKind kind) =>
        kind switch
        {
            ActivationKind.Elu => new Elu(),
            ActivationKind.Softplus => new Softplus(),
            ActivationKind.LipSwish => new LipSwish(),
            ActivationKind.Relu => new Relu(),
            ActivationKind.MaxMin => new MaxMin(),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown activation."),
        };

    /// <summary>
    /// What <see cref="Jvp"/> and <see cref="Vjp"/> need of phi at <paramref name="p"/>: for elementwise activations
    /// phi'(p).
    /// </summary>
    /// <param name="p">The pre-activation.</param>
    /// <param name="value">phi(p), as <c>forward</c> gave it.</param>
    public abstract Tensor Slope(Tensor p, Tensor value);

    /// <summary>
    /// J t. <paramref name="tangent"/> may have leading axes before those of <paramref name="slope"/>.
    /// </summary>
    public virtual Tensor Jvp(Tensor slope, Tensor tangent) => slope * tangent;

    /// <summary>
    /// Transposed J times u. <paramref name="cotangent"/> may have leading axes before those of
    /// <paramref name="slope"/>.
    /// </summary>
    public virtual Tensor Vjp(Tensor slope, Tensor cotangent) => slope * cotangent;
}
