namespace IResNet;

/// <summary>
/// Concatenated LipSwish of i-DenseNets (Perugachi-Diaz, Tomczak, Bhulai 2021): [f(p), f(-p)] / 1.004 with
/// <see cref="LipSwish"/> f, along the channels, which it doubles. The division makes Lip(phi) at most 1: the supremum
/// of the square root of f'(p)^2 + f'(-p)^2 is 1.00397 for every beta.
/// </summary>
public sealed class CLipSwish : Activation
{
    private const double Divisor = 1.004;

    [ComponentName(Name = "swish")]
    private readonly LipSwish _swish;

    /// <summary>Starts as <see cref="LipSwish"/> does.</summary>
    public CLipSwish()
        : base(nameof(CLipSwish))
    {
        _swish = new LipSwish();
        RegisterComponents();
    }

    /// <summary>Twice as many.</summary>
    public override int Channels(int inputs) => 2 * inputs;

    /// <inheritdoc/>
    public override Tensor forward(Tensor p) => cat([_swish.forward(p), _swish.forward(-p)], 1) / Divisor;

    /// <summary>[f'(p), -f'(-p)] / 1.004, of twice p's channels.</summary>
    public override Tensor Derivative(Tensor p, Tensor value)
    {
        var halves = value.chunk(2, 1);
        return cat([_swish.Derivative(p, halves[0] * Divisor), -_swish.Derivative(-p, halves[1] * Divisor)], 1)
            / Divisor;
    }

    /// <inheritdoc/>
    public override Tensor Jvp(Tensor derivative, Tensor tangent) =>
        derivative * cat([tangent, tangent], ChannelAxis(derivative, tangent));

    /// <inheritdoc/>
    public override Tensor Vjp(Tensor derivative, Tensor cotangent)
    {
        var halves = (derivative * cotangent).chunk(2, ChannelAxis(derivative, cotangent));
        return halves[0] + halves[1];
    }
}
