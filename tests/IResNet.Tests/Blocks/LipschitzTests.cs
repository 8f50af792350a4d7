namespace IResNet.Tests.Blocks;

/// <summary>How much g really stretches, found by gradient ascent, against what is promised.</summary>
public class LipschitzTests
{
    [Theory, MemberData(nameof(BranchCases.Rows), MemberType = typeof(BranchCases))]
    public void StretchStaysBelowTheBound(string kind, ActivationKind activation)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create(kind, activation, seed: 2, batch: 8);
        double bound = branch.LipschitzBound(),
            stretch = LargestStretch(branch, x),
            quotient = LargestQuotient(branch, x);
        Assert.InRange(stretch, 0.05 * bound, bound * (1 + 1e-9));
        Assert.InRange(quotient, 0.05 * bound, bound * (1 + 1e-9));
    }

    /// <summary>With certified norms c to the number of layers is a fact.</summary>
    [Theory, MemberData(nameof(BranchCases.Rows), MemberType = typeof(BranchCases))]
    public void CertifiedBranchStretchesByAtMostTheCoefficients(string kind, ActivationKind activation)
    {
        using var scope = NewDisposeScope();
        var (branch, x) = BranchCases.Create(kind, activation, seed: 3, batch: 8);
        branch.Freeze(FrozenNorm.Certified);
        double promised = Math.Pow(branch.Layers[0].Options.Coefficient, branch.Layers.Count);
        Assert.InRange(branch.LipschitzBound(), 0, promised * (1 + 1e-9));
        Assert.InRange(Math.Max(LargestStretch(branch, x), LargestQuotient(branch, x)), 0.05 * promised, promised);
    }

    /// <summary>Where the layers' steepest directions meet, the bound is reached: no slack is built in.</summary>
    [Fact]
    public void BoundIsReached()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        var branch = new DenseBranch(1, [1, 1], coefficient: 0.8);
        branch.to(ScalarType.Float64);
        using (no_grad())
            foreach (var layer in branch.Layers)
                layer.Weight.fill_(5);
        branch.PowerIteration();
        Assert.Equal(0.512, branch.LipschitzBound(), 12);
        Assert.Equal(0.512, LargestQuotient(branch, full(4, 1, 3.0, dtype: ScalarType.Float64)), 6);
    }

    /// <summary>
    /// The control: the same ascent finds an unconstrained branch of the same weights to stretch by more than 1.
    /// </summary>
    [Theory, MemberData(nameof(BranchCases.Rows), MemberType = typeof(BranchCases))]
    public void UnconstrainedBranchStretches(string kind, ActivationKind activation)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(4);
        var off = new SpectralNormOptions { Enabled = false };
        var (branch, x) =
            kind == "dense"
                ? ((ResidualBranch)new DenseBranch(4, [8, 8], off, activation), Draw.Normal(8, 4))
                : (new ConvBranch(new(2, 4, 4), 8, off, activation), Draw.Normal(8, 2, 4, 4));
        Draw.Prepared(branch);
        double stretch = LargestStretch(branch, x),
            quotient = LargestQuotient(branch, x);
        Assert.True(stretch > 1 && quotient > 1, $"{stretch:g4}, {quotient:g4}");
        Assert.True(Math.Max(stretch, quotient) <= branch.LipschitzBound());
    }

    /// <summary>max |J(x) t| / |t| by ascent in x and t.</summary>
    private static double LargestStretch(ResidualBranch branch, Tensor start) =>
        Ascend(start.clone(), randn_like(start), (x, t) => Norm(branch.Linearize(x).Jvp(t)) / Norm(t));

    /// <summary>max |g(a) - g(b)| / |a - b| by ascent in a and b: knows nothing of our Jacobian products.</summary>
    private static double LargestQuotient(ResidualBranch branch, Tensor start) =>
        Ascend(start.clone(), start + 0.1 * randn_like(start), (a, b) =>
            Norm(branch.forward(a) - branch.forward(b)) / Norm(a - b).clamp_min(1e-4)
        );

    private static double Ascend(Tensor first, Tensor second, Func<Tensor, Tensor, Tensor> ratio)
    {
        const int Steps = 60;
        var (a, b) = (new Parameter(first), new Parameter(second));
        using var optimizer = optim.Adam([a, b], 0.05);
        double best = 0;
        for (int step = 0; step < Steps; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            var ratios = ratio(a, b);
            best = Math.Max(best, ratios.max().ToDouble());
            (-ratios.clamp_min(1e-6).log().sum()).backward();
            optimizer.step();
        }
        return best;
    }

    private static Tensor Norm(Tensor x) => x.flatten(1).norm(1);
}
