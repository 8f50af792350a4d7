using System.Text.Json.Serialization;

namespace IResNet;

/// <summary>
/// What a flow's blocks are, as a choice of a configuration: its name, and how to make one. Around them the
/// architecture is the same, so that models can be compared at equal depth and width. A branch of your own comes into a
/// flow this way: <c>new BlockKind("Mine", site => [new ResidualBlock(new MyBranch(site))])</c>.
/// </summary>
/// <param name="Name">What a configuration calls it.</param>
/// <param name="Create">Makes the bijections of one block for its place, but for the ActNorm that the flow adds; they
/// draw their initial weights in forward order.</param>
[JsonConverter(typeof(Json))]
public sealed record BlockKind(string Name, Func<BlockSite, IEnumerable<Bijection>> Create)
{
    /// <summary>
    /// The i-ResNet: a <see cref="ResidualBlock"/> with <see cref="ConvBranch"/> or <see cref="DenseBranch"/>.
    /// </summary>
    public static BlockKind Residual { get; } = new(nameof(Residual), site => [new ResidualBlock(Branch(site))]);

    /// <summary>
    /// Glow (Kingma and Dhariwal 2018): <see cref="InvertibleLinear"/>, affine <see cref="CouplingLayer"/>.
    /// </summary>
    public static BlockKind AffineGlow { get; } =
        new(nameof(AffineGlow), site => [new InvertibleLinear(site.Channels), Coupling(site, affine: true)]);

    /// <summary>
    /// The second Glow variant of Table 3: <see cref="Reversal"/>, additive <see cref="CouplingLayer"/>.
    /// </summary>
    public static BlockKind AdditiveGlow { get; } =
        new(nameof(AdditiveGlow), site => [new Reversal(), Coupling(site, affine: false)]);

    /// <summary>The i-DenseNet: a <see cref="ResidualBlock"/> with <see cref="DenseNetBranch"/>.</summary>
    public static BlockKind DenseNet { get; } =
        new(nameof(DenseNet), site =>
            [
                new ResidualBlock(
                    site.Shape is { } shape
                        ? new DenseNetBranch(shape, site.Hidden, site.SpectralNorm, site.Activation)
                        : new DenseNetBranch(
                            site.Channels,
                            site.Hidden,
                            site.SpectralNorm,
                            site.Activation,
                            site.Entrance
                        )
                ),
            ]
        );

    /// <summary>Those of the library, which configurations name.</summary>
    public static IReadOnlyList<BlockKind> All { get; } = [Residual, AffineGlow, AdditiveGlow, DenseNet];

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    private static ResidualBranch Branch(BlockSite site) =>
        site.Shape is { } shape
            ? new ConvBranch(
                shape,
                site.Hidden[0],
                site.SpectralNorm,
                site.Activation,
                site.LeadingActivation,
                site.NormHeight,
                site.NormWidth
            )
            : new DenseBranch(site.Channels, site.Hidden, site.SpectralNorm, site.Activation, site.LeadingActivation);

    private static CouplingLayer Coupling(BlockSite site, bool affine) =>
        site.Shape is { } shape
            ? new CouplingLayer(shape, site.Hidden[0], affine, site.Activation)
            : new CouplingLayer(site.Channels, site.Hidden, affine, site.Activation);

    private sealed class Json() : KindConverter<BlockKind>("kind of block", All, kind => kind.Name);
}
