namespace IResNet.Tests.Blocks;

/// <summary>What every bijection promises, in float64 and over random shapes.</summary>
public class BijectionTests
{
    private const double Exact = 1e-10;

    public static TheoryData<string, int> Cases => BijectionCases.WithSeeds(3);

    [Theory, MemberData(nameof(Cases))]
    public void InverseUndoesForward(string name, int seed)
    {
        using var scope = NewDisposeScope();
        var (bijection, x) = BijectionCases.Create(name, seed);
        Assert.InRange(RoundTripError(bijection, x), 0, Exact);
    }

    /// <summary>
    /// Single precision, inputs small and large: 1e-4 of the largest number. A map whose inverse has no Lipschitz bound
    /// amplifies rounding by what its Jacobian at the point says: an affine coupling may shrink by any factor.
    /// </summary>
    [Theory, MemberData(nameof(Cases))]
    public void InverseUndoesForwardInSinglePrecision(string name, int seed)
    {
        using var scope = NewDisposeScope();
        var (bijection, x) = BijectionCases.Create(name, seed);
        foreach (double scale in new[] { 1e-2, 1, 30 })
        {
            double amplification = double.IsFinite(bijection.InverseLipschitzBound())
                ? 1
                : InverseStretch((Bijection)bijection.to(ScalarType.Float64), scale * x);
            bijection.to(ScalarType.Float32);
            var scaled = (scale * x).to(ScalarType.Float32);
            var y = bijection.forward(scaled).y;
            Assert.InRange(
                Expect.MaxAbs(bijection.Inverse(y, 1e-6).Value - scaled),
                0,
                1e-4 * Math.Max(1, amplification) * Math.Max(1, Expect.MaxAbs(scaled))
            );
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void ForwardUndoesInverse(string name, int seed)
    {
        using var scope = NewDisposeScope();
        var (bijection, x) = BijectionCases.Create(name, seed);
        var image = bijection.forward(x).y;
        var y = image.numel() == x.numel() ? randn_like(image) : image;
        Expect.Close(bijection.forward(bijection.Inverse(y, 1e-13).Value).y, y, Exact, "F(F^-1(y))");
    }

    [Theory, MemberData(nameof(Cases))]
    public void LogDetIsThatOfTheFullJacobian(string name, int seed)
    {
        using var scope = NewDisposeScope();
        var (bijection, x) = BijectionCases.Create(name, seed);
        Assert.InRange(LogDetError(bijection, x), 0, Exact);
    }

    /// <summary>
    /// The bound on the inverse's error holds against the true point, and is no more than a reader would expect of the
    /// tolerance.
    /// </summary>
    [Theory, MemberData(nameof(Cases))]
    public void ErrorBoundHolds(string name, int seed)
    {
        using var scope = NewDisposeScope();
        var (bijection, x) = Certified(name, seed);
        var result = bijection.Inverse(bijection.forward(x).y, tolerance: 1e-5);
        double error = (result.Value - x).flatten(1).norm(1).max().ToDouble();
        Assert.True(error <= result.ErrorBound + 1e-13, $"error {error:g3}, bound {result.ErrorBound:g3}");
        Assert.True(
            double.IsFinite(result.ErrorBound) && result.Residual <= 1e-5,
            $"bound {result.ErrorBound:g3}, residual {result.Residual:g3}"
        );
        if (result.Iterations == 0)
            Assert.Equal(0, result.ErrorBound);
    }

    /// <summary>|x - x'| is at most the inverse's Lipschitz bound times |F(x) - F(x')|.</summary>
    [Theory, MemberData(nameof(Cases))]
    public void InverseLipschitzBoundHolds(string name, int seed)
    {
        using var scope = NewDisposeScope();
        var (bijection, x) = Certified(name, seed);
        double bound = bijection.InverseLipschitzBound();
        // Nothing is known of a coupling layer's network; its bound is infinite, and holds.
        Assert.Equal(double.IsFinite(bound), !bijection.modules().Append(bijection).OfType<CouplingLayer>().Any());
        for (double distance = 1e-6; distance < 100; distance *= 10)
        {
            var other = x + distance * randn_like(x);
            var (dx, dy) = (
                (x - other).flatten(1).norm(1),
                (bijection.forward(x).y - bijection.forward(other).y).flatten(1).norm(1)
            );
            Assert.True(
                (dx / dy).max().ToDouble() <= bound * (1 + 1e-8),
                $"{(dx / dy).max().ToDouble():g6} exceeds {bound:g6}"
            );
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void ExamplesDoNotMix(string name, int seed)
    {
        using var scope = NewDisposeScope();
        var (bijection, x) = BijectionCases.Create(name, seed);
        var (y, logDet) = bijection.forward(x);
        Assert.Equal([x.size(0)], logDet.shape);
        Assert.Equal((x.dtype, x.dtype), (y.dtype, logDet.dtype));
        for (long i = 0; i < x.size(0); i++)
        {
            var (one, oneLogDet) = bijection.forward(x.narrow(0, i, 1));
            Expect.Close(one, y.narrow(0, i, 1), 1e-13, "y");
            Expect.Near(oneLogDet, logDet.narrow(0, i, 1), 1e-12, "log-determinant");
        }
    }

    /// <summary>Strides are no part of a tensor's meaning: channels-last, every other example, reversed axes.</summary>
    [Theory, MemberData(nameof(Cases))]
    public void NonContiguousInputsGiveTheSame(string name, int seed)
    {
        using var scope = NewDisposeScope();
        var (bijection, x) = BijectionCases.Create(name, seed);
        var (y, logDet) = bijection.forward(x);
        Assert.Contains(Strided(x), layout => !layout.strided.is_contiguous());
        foreach (var (layout, strided) in Strided(x))
        {
            var (stridedY, stridedLogDet) = bijection.forward(strided);
            Expect.Close(stridedY, y, 1e-13, $"{layout}: y");
            Expect.Near(stridedLogDet, logDet, 1e-12, $"{layout}: log-determinant");
        }
        foreach (var (layout, strided) in Strided(y))
            Expect.Close(bijection.Inverse(strided, 1e-13).Value, x, Exact, $"{layout}: inverse");
    }

    /// <summary>The tests above see a wrong scale and a wrong log-determinant.</summary>
    [Fact]
    public void WrongBijectionsAreCaught()
    {
        using var scope = NewDisposeScope();
        var x = Draw.Normal(2, 3);
        Assert.InRange(RoundTripError(new Scaling(2, 2, Math.Log(2)), x), 0, Exact);
        Assert.InRange(LogDetError(new Scaling(2, 2, Math.Log(2)), x), 0, Exact);
        Assert.InRange(RoundTripError(new Scaling(2, 2 + 1e-6, Math.Log(2)), x), 1e-8, 1);
        Assert.InRange(LogDetError(new Scaling(2, 2, -Math.Log(2)), x), 1, 10);
        Assert.InRange(LogDetError(new Scaling(2, 2, Math.Log(2) + 1e-6), x), 1e-7, 1);
    }

    /// <summary>
    /// With certified norms: power iteration on maps of a few pixels only bounds the norm at that size, and a
    /// certificate holds for all sizes.
    /// </summary>
    private static (Bijection bijection, Tensor x) Certified(string name, int seed)
    {
        var (bijection, x) = BijectionCases.Create(name, seed);
        foreach (
            var branch in bijection.modules().Append(bijection).OfType<ResidualBlock>().Select(block => block.Branch)
        )
            branch.Freeze();
        return (bijection, x);
    }

    private static double RoundTripError(Bijection bijection, Tensor x) =>
        Expect.RelativeError(bijection.Inverse(bijection.forward(x).y, 1e-13).Value, x);

    /// <summary>
    /// The largest factor by which the inverse stretches near F(x): one over the smallest singular value of the
    /// Jacobian.
    /// </summary>
    private static double InverseStretch(Bijection bijection, Tensor x) =>
        1 / linalg.svdvals(Jacobians.Of(one => bijection.forward(one).y, x)).min().ToDouble();

    /// <summary>Absolute, as a log-determinant may well be 0.</summary>
    private static double LogDetError(Bijection bijection, Tensor x) =>
        Expect.MaxAbs(
            bijection.forward(x).logDet - Jacobians.LogVolume(Jacobians.Of(one => bijection.forward(one).y, x))
        );

    private static IEnumerable<(string layout, Tensor strided)> Strided(Tensor x)
    {
        int axes = (int)x.dim();
        long[] last = [0, .. Enumerable.Range(2, axes - 2), 1],
            back = [0, axes - 1, .. Enumerable.Range(1, axes - 2)];
        if (axes > 2)
            yield return ("channels last", x.permute(last).contiguous().permute(back));
        yield return ("every other example", x.repeat_interleave(2, 0).slice(0, 0, 2 * x.size(0), 2));
        long[] reversed = [.. Enumerable.Range(0, axes).Reverse()];
        yield return ("reversed axes", x.permute(reversed).contiguous().permute(reversed));
    }

    /// <summary>y = a x, with an inverse and a log-determinant that may be wrong.</summary>
    private sealed class Scaling(double factor, double inverseFactor, double logFactor) : Bijection(nameof(Scaling))
    {
        public override (Tensor y, Tensor logDet) forward(Tensor x) =>
            (factor * x, full(x.size(0), logFactor * x.size(1), x.dtype));

        public override InverseResult Inverse(Tensor y, InverseSolver? solver = null) =>
            new(y / inverseFactor, 0, 0, 0);

        public override double InverseLipschitzBound() => 1 / factor;
    }
}
