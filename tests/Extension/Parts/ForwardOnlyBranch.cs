namespace Extension.Parts;

/// <summary>
/// The least that a branch must say: g(x), and a bound. x goes through a matrix over the channels, twice.
/// </summary>
internal sealed class ForwardOnlyBranch : ResidualBranch
{
    private readonly ChannelMix _in,
        _out;

    public ForwardOnlyBranch(int channels)
        : base(nameof(ForwardOnlyBranch))
    {
        (_in, _out) = (new(channels, 2 * channels, new()), new(2 * channels, channels, new()));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) =>
        _out.ApplyWithBias(_out.EffectiveWeight(), _in.ApplyWithBias(_in.EffectiveWeight(), x).tanh());

    public override double LipschitzBound() => _in.NormBound() * _out.NormBound();
}
