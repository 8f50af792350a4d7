namespace IResNet;

/// <summary>
/// Glow's invertible 1x1 convolution (Kingma and Dhariwal 2018, section 3.2): y = W x over the channels at every
/// position; for points an invertible linear map.
/// </summary>
/// <remarks>
/// W = P (I + L) (U + diag(d exp(s))) with a fixed permutation P and signs d, and learned strictly triangular L and U
/// and s: of the paper's two parametrisations the one by LU, because no step of an optimiser can make it singular (a
/// plain matrix crosses det W = 0 without warning, and its gradient is infinite there), weight decay pulls it towards a
/// permutation and not towards 0, and ln |det W| is the sum of s. L, U and s are packed into one matrix, so there are
/// as many parameters as entries in W.
/// </remarks>
public sealed class InvertibleLinear : Bijection
{
    [ComponentName(Name = "factors")]
    private readonly Parameter _factors;

    [ComponentName(Name = "permutation")]
    private readonly Tensor _permutation;

    [ComponentName(Name = "signs")]
    private readonly Tensor _signs;

    /// <summary>A random rotation, drawn from torch's generator.</summary>
    /// <param name="channels">Channels, or dimensions of the points.</param>
    public InvertibleLinear(int channels)
        : base(nameof(InvertibleLinear))
    {
        Guard.AtLeast(channels, 1, nameof(channels));
        using var scope = NewDisposeScope();
        using (no_grad())
        {
            var (p, l, u) = linalg.lu(linalg.qr(randn(channels, channels, device: CPU)).Q);
            var diagonal = u.diagonal();
            _factors = new Parameter(l.tril(-1) + u.triu(1) + diag(diagonal.abs().log()));
            (_permutation, _signs) = (p.clone(), diagonal.sign());
        }
        RegisterComponents();
        this.KeepFromDisposeScope();
    }

    /// <summary>W, shape (channels, channels).</summary>
    public Tensor Weight()
    {
        using var scope = NewDisposeScope();
        var identity = eye(_factors.size(0), dtype: _factors.dtype, device: _factors.device);
        var (lower, upper) = (_factors.tril(-1) + identity, _factors.triu(1) + diag(_signs * LogScales.exp()));
        return _permutation.mm(lower).mm(upper).MoveToOuterDisposeScope();
    }

    /// <summary>W x, and H W times ln |det W|.</summary>
    /// <exception cref="ShapeException">x has the wrong number of channels, or is neither points nor
    /// images.</exception>
    public override (Tensor y, Tensor logDet) forward(Tensor x)
    {
        Check(x);
        using var scope = NewDisposeScope();
        long positions = x.numel() / (x.size(0) * x.size(1));
        var logDet = (LogScales.sum() * positions).expand(x.size(0));
        return (Apply(Weight(), x).MoveToOuterDisposeScope(), logDet.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override InverseResult Inverse(Tensor y, InverseSolver? solver = null)
    {
        Check(y);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var inverse = linalg.inv(Weight().to(ScalarType.Float64)).to(y.dtype);
        return Exact(Apply(inverse, y).MoveToOuterDisposeScope());
    }

    /// <summary>The spectral norm of the inverse of W.</summary>
    public override double InverseLipschitzBound()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return 1 / linalg.svdvals(Weight().to(ScalarType.Float64)).amin([0]).ReadDouble();
    }

    /// <summary>s.</summary>
    private Tensor LogScales => _factors.diagonal();

    private static Tensor Apply(Tensor weight, Tensor x) =>
        x.dim() == 2 ? x.mm(weight.t()) : weight.unsqueeze(0).expand(x.size(0), -1, -1).bmm(x.flatten(2)).view(x.shape);

    private void Check(Tensor x)
    {
        Guard.Channels(x, _factors.size(0));
        Guard.SameType(x, _factors);
        if (x.dim() is not (2 or 4))
            throw new ShapeException(
                "Expected points (n, channels) or images (n, channels, height, width), but got "
                    + $"({string.Join(", ", x.shape)})."
            );
    }
}
