namespace IResNet.Tests;

/// <summary>
/// Residual branches of all kinds with every activation, with Jacobian products of their own and by automatic
/// differentiation, prepared for the judges of Jacobians and Lipschitz constants.
/// </summary>
internal static class BranchCases
{
    public static IEnumerable<(string kind, ActivationKind activation)> All =>
        from kind in new[]
        {
            "dense",
            "convolutional",
            "dense by autograd",
            "convolutional by autograd",
            "dense-net",
            "dense-net of points",
        }
        from activation in ActivationKind.All
        select (kind, activation);

    /// <summary>One row per branch.</summary>
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
        if (kind.EndsWith(" by autograd", StringComparison.Ordinal))
        {
            var (inner, points) = Create(kind[..^" by autograd".Length], activation, seed, batch);
            return (new ForwardOnly(inner), points);
        }
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
        if (kind == "dense-net of points")
        {
            int? entrance = leading ? 6 : null;
            return (Draw.Prepared(new DenseNetBranch(4, [8, 6], new(), activation, entrance)), Draw.Normal(batch, 4));
        }
        var shape = new ImageShape(2, random.Next(3, 6), random.Next(3, 6));
        if (kind == "dense-net")
            return (
                Draw.Prepared(new DenseNetBranch(shape, [4, 2], new() { Coefficient = 0.95 }, activation)),
                Draw.Normal(batch, shape.Channels, shape.Height, shape.Width)
            );
        return (
            Draw.Prepared(new ConvBranch(shape, 4, new SpectralNormOptions(), activation, leading)),
            Draw.Normal(batch, shape.Channels, shape.Height, shape.Width)
        );
    }

    /// <summary>A branch that says no more than what it must.</summary>
    private sealed class ForwardOnly : ResidualBranch
    {
        private readonly ResidualBranch _inner;

        public ForwardOnly(ResidualBranch inner)
            : base(nameof(ForwardOnly))
        {
            _inner = inner;
            RegisterComponents();
            eval();
        }

        public override Tensor forward(Tensor x) => _inner.forward(x);

        public override double LipschitzBound() => _inner.LipschitzBound();
    }
}
