namespace IResNet;

/// <summary>
/// A dense layer of an i-DenseNet (Perugachi-Diaz, Tomczak, Bhulai 2021): h -> [eta1 h, eta2 phi(W h + b)], the input
/// and new features side by side along the channels. The weights of the two parts are learned, eta_i = c t_i /
/// sqrt(t1^2 + t2^2) with t_i = softplus(K_i) + 0.1, so that the Lipschitz constant stays at most c: that of a
/// concatenation is at most sqrt(eta1^2 + eta2^2 Lip(phi)^2 |W|^2).
/// </summary>
public sealed class ConcatenationLayer : nn.Module
{
    private const double Offset = 0.1;

    [ComponentName(Name = "layer")]
    private readonly SpectralLayer _layer;

    [ComponentName(Name = "activation")]
    private readonly Activation _activation;

    [ComponentName(Name = "k1")]
    private readonly Parameter _k1;

    [ComponentName(Name = "k2")]
    private readonly Parameter _k2;

    /// <summary>Starts with equal weights, K = 1.</summary>
    /// <param name="layer">W and b.</param>
    /// <param name="activation">phi.</param>
    /// <param name="coefficient">c, in (0, 1).</param>
    /// <param name="learned">Whether K is learned; if not, the weights stay c / sqrt(2).</param>
    /// <exception cref="ArgumentOutOfRangeException">c is not in (0, 1).</exception>
    public ConcatenationLayer(SpectralLayer layer, Activation activation, double coefficient, bool learned = true)
        : base(nameof(ConcatenationLayer))
    {
        (_layer, _activation, Coefficient) = (layer, activation, Guard.Coefficient(coefficient));
        using var scope = NewDisposeScope();
        _k1 = new Parameter(full(1, 1.0, ScalarType.Float32, CPU), learned);
        _k2 = new Parameter(full(1, 1.0, ScalarType.Float32, CPU), learned);
        RegisterComponents();
        this.KeepFromDisposeScope();
    }

    /// <summary>W and b.</summary>
    public SpectralLayer Layer => _layer;

    /// <summary>phi.</summary>
    public Activation Activation => _activation;

    /// <summary>c.</summary>
    public double Coefficient { get; }

    /// <summary>K_1, one element: of the input.</summary>
    public Parameter K1 => _k1;

    /// <summary>K_2, one element: of the new features.</summary>
    public Parameter K2 => _k2;

    /// <summary>The weights of the input and of the new features, one element each; differentiable in K.</summary>
    public (Tensor input, Tensor features) Weights()
    {
        var (t1, t2) = (nn.functional.softplus(_k1) + Offset, nn.functional.softplus(_k2) + Offset);
        var scale = Coefficient / (t1.square() + t2.square()).sqrt();
        return (t1 * scale, t2 * scale);
    }

    /// <summary>An upper bound of the Lipschitz constant where W has a norm.</summary>
    /// <param name="norm">The norm of W.</param>
    internal double LipschitzBound(double norm)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (input, features) = Weights();
        return Math.Sqrt(
            Math.Pow(input.ReadDouble(), 2) + Math.Pow(features.ReadDouble() * norm * _activation.LipschitzBound, 2)
        );
    }
}
