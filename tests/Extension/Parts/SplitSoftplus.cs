namespace Extension.Parts;

/// <summary>
/// An activation that doubles the channels: [softplus(p), -softplus(-p)]. The derivatives of the two add up to 1, so
/// that the Jacobian's norm is at most 1.
/// </summary>
internal sealed class SplitSoftplus() : Activation(nameof(SplitSoftplus))
{
    public static ActivationKind Kind { get; } = new(nameof(SplitSoftplus), () => new SplitSoftplus());

    public override int Channels(int inputs) => 2 * inputs;

    public override Tensor forward(Tensor p) => cat([nn.functional.softplus(p), -nn.functional.softplus(-p)], 1);

    public override Tensor Derivative(Tensor p, Tensor value) => cat([p.sigmoid(), (-p).sigmoid()], 1);

    public override Tensor Jvp(Tensor derivative, Tensor tangent) =>
        derivative * cat([tangent, tangent], ChannelAxis(derivative, tangent));

    public override Tensor Vjp(Tensor derivative, Tensor cotangent)
    {
        var halves = (derivative * cotangent).chunk(2, ChannelAxis(derivative, cotangent));
        return halves[0] + halves[1];
    }
}
