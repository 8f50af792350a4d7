namespace IResNet.Tests.Blocks;

/// <summary>
/// Residual branches of both kinds with every activation, prepared for the judges of Jacobians and Lipschitz constants.
/// </summary>
internal static class BranchCases
{
    public static IEnumerable<(string kind, ActivationKind activation)> All =>
        from kind in new[] { "dense", "convolutional" }
        from activation in Enum.GetValues<ActivationKind>()
        select (kind, activation);

    /// <summary>One row a branch.</summary>
    public static TheoryData<string, ActivationKind> Rows =>
        new(All.Select(branch => new TheoryDataRow<string, ActivationKind>(branch.kind, branch.activation)));

    /// <summary>
    /// A branch in float64 with weights large enough for the spectral norm to act, and a batch of points.
    /// </summary>
    public static (ResidualBranch branch, Tensor x) Create(
        string kind,
        ActivationKind activation,
        int seed,
        long batch = 3
    )
    {
        var random = Draw.Seed(seed);
        bool leading = random.Next(2) == 0;
        if (kind == "dense")
        {
            int features = 2 * random.Next(1, 4),
                width = 2 * random.Next(2, 5);
            return (
                Draw.Prepared(new DenseBranch(features, [width, width + 2], new(), activation, leading)),
                Draw.Normal(batch, features)
            );
        }
        var shape = new ImageShape(2, random.Next(3, 6), random.Next(3, 6));
        return (
            Draw.Prepared(new ConvBranch(shape, 4, new SpectralNormOptions(), activation, leading)),
            Draw.Normal(batch, shape.Channels, shape.Height, shape.Width)
        );
    }
}
