namespace IResNet.Tests.SpectralNorm;

/// <summary>Norms between other orders than 2, against the operator written out as a matrix and tried by brute
/// force.</summary>
public class InducedNormTests
{
    private const double Coefficient = 0.7;

    private static readonly Dictionary<string, Func<SpectralNormOptions, InducedNorm, SpectralLayer>> Layers = new()
    {
        ["dense 3 to 5"] = (options, norm) => new SpectralLinear(3, 5, options, norm),
        ["dense 4 to 2"] = (options, norm) => new SpectralLinear(4, 2, options, norm),
        ["1x1"] = (options, norm) => new SpectralConv2d(3, 2, 1, 3, 3, options, norm),
        ["3x3 on 3x3"] = (options, norm) => new SpectralConv2d(1, 2, 3, 3, 3, options, norm),
    };

    public static TheoryData<string, double, double> ClosedForms =>
        Cases(
            (1, 1),
            (1, 1.5),
            (1, 2),
            (1, double.PositiveInfinity),
            (1.5, double.PositiveInfinity),
            (2, double.PositiveInfinity),
            (double.PositiveInfinity, double.PositiveInfinity)
        );

    public static TheoryData<string, double, double> Iterated =>
        Cases((2, 2), (1.5, 2), (2, 1), (3, 3), (1.5, 1.5), (2, 4), (4, 1.5), (double.PositiveInfinity, 2));

    public static TheoryData<string, double, double> All => [.. ClosedForms.Concat(Iterated).Select(row => row.Data)];

    /// <summary>
    /// No vector is stretched by more than the upper bound, nor by more than c after normalization where the form is
    /// closed; and some vector is stretched by all that the estimate says.
    /// </summary>
    [Theory, MemberData(nameof(All))]
    public void TheNormLiesBetweenEstimateAndBound(string name, double p, double q)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var layer = Create(name, p, q);
        layer.SearchNorm(200);
        var matrix = Operators.Of(layer, layer.Weight);
        double stretch = BruteForce(matrix, p, q),
            bound = layer.Norm.UpperBound(layer, layer.Weight),
            estimate = layer.Norm.Estimate(layer, layer.Weight);
        Assert.True(stretch <= bound * (1 + 1e-9), $"{stretch} above the bound {bound}");
        Assert.True(estimate <= bound * (1 + 1e-9), $"estimate {estimate} above the bound {bound}");
        Assert.InRange(estimate, stretch * (1 - 1e-6), bound * (1 + 1e-9));
        Assert.Equal(1, layer.Sigma.ToDouble() / estimate, 1e-9);
    }

    /// <summary>The effective layer contracts; the control is the raw one.</summary>
    [Theory, MemberData(nameof(All))]
    public void TheEffectiveLayerContracts(string name, double p, double q)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var layer = Create(name, p, q);
        layer.SearchNorm(200);
        double Stretch(Tensor weight) => BruteForce(Operators.Of(layer, weight), p, q);
        Assert.True(Stretch(layer.Weight) > Coefficient);
        Assert.InRange(Stretch(layer.EffectiveWeight()), 0, Coefficient * (1 + 1e-6));
        layer.Freeze(FrozenNorm.Certified);
        Assert.InRange(Stretch(layer.EffectiveWeight()), 0, Coefficient * (1 + 1e-6));
        Assert.InRange(Stretch(layer.EffectiveWeight()), 0, layer.InducedNormBound() * (1 + 1e-9));
        Assert.InRange(Operators.Norm(Operators.Of(layer, layer.EffectiveWeight())), 0, layer.NormBound() * (1 + 1e-9));
    }

    /// <summary>
    /// Every row or column by itself: small ones stay, large ones of either sign have norm c after it.
    /// </summary>
    [Theory, MemberData(nameof(ClosedForms))]
    public void RowsAndColumnsAreHeldByThemselves(string name, double p, double q)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var layer = Create(name, p, q);
        bool columns = p == 1;
        layer.Weight.copy_(-layer.Weight.abs());
        layer.Weight.select(columns ? 1 : 0, 0).mul_(1e-3);
        double order = columns ? q : IteratedNorm.Dual(p);
        Tensor Parts(Tensor weight) => (columns ? weight.transpose(0, 1) : weight).flatten(1);
        var (raw, held) = (Parts(layer.Weight), Parts(layer.EffectiveWeight()));
        Expect.Near(held[0], raw[0], 0, "small part");
        for (int i = 1; i < raw.size(0); i++)
            Assert.Equal(Math.Min(Coefficient, Length(raw[i], order)), Length(held[i], order), 1e-12);
    }

    /// <summary>The gradient of the effective weight in the raw one, u and v constant.</summary>
    [Theory, MemberData(nameof(All))]
    public void GradientIsTheDerivative(string name, double p, double q)
    {
        using var scope = NewDisposeScope();
        var layer = Create(name, p, q);
        layer.SearchNorm(50);
        GradientCheck.First(layer.EffectiveWeight, new Dictionary<string, Tensor> { ["weight"] = layer.Weight });
    }

    /// <summary>A row of zeros has no direction, and no NaN either.</summary>
    [Theory, InlineData(2, double.PositiveInfinity), InlineData(1, 1.5), InlineData(1.5, 2), InlineData(2, 1)]
    public void ZerosHaveAGradient(double p, double q)
    {
        using var scope = NewDisposeScope();
        var layer = Create("dense 3 to 5", p, q);
        using (no_grad())
            layer.Weight.zero_();
        layer.PowerIteration(3);
        layer.EffectiveWeight().sum().backward();
        Expect.Near(layer.Weight.grad!, ones_like(layer.Weight), 0, "gradient");
        Assert.True(isfinite(layer.U).all().ToBoolean() && isfinite(layer.V).all().ToBoolean());
    }

    /// <summary>The best of several starts: a norm that the first start misses is found.</summary>
    [Fact]
    public void SearchKeepsTheBestStart()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        // From 4 to 4 a diagonal has a maximum at each of its axes.
        var layer = Create("dense 4 to 2", 4, 4);
        layer.Weight.zero_();
        layer.Weight[0, 0] = 1;
        layer.Weight[1, 1] = 3;
        layer.V.zero_();
        layer.V[0] = 1;
        layer.PowerIteration(50);
        Assert.Equal(1, layer.Sigma.ToDouble(), 1e-12);
        layer.SearchNorm(50);
        Assert.Equal(3, layer.Sigma.ToDouble(), 1e-6);
        Assert.Equal(3, layer.NormEstimate() * 3 / Coefficient, 1e-6);
    }

    /// <summary>To a tolerance: few iterations from where the vectors have converged, never more than 200.</summary>
    [Fact]
    public void TheToleranceDecidesTheCount()
    {
        using var scope = NewDisposeScope();
        var layer = Create("3x3 on 3x3", 2, 2);
        int fresh = layer.PowerIterationTo(1e-6, 1e-6);
        Assert.InRange(fresh, 2, SpectralNormOptions.MostIterations);
        Assert.InRange(layer.PowerIterationTo(1e-4, 1e-4), 1, 2);
        Assert.Equal(SpectralNormOptions.MostIterations, Create("1x1", 3, 3).PowerIterationTo(0, 0));
        Assert.Equal(1, Create("1x1", 1, 2).PowerIterationTo(0, 0));
    }

    /// <summary>
    /// Learned orders: range, start, and the gradient of the norm after one iteration by differences.
    /// </summary>
    [Fact]
    public void LearnedOrdersFollowTheNorm()
    {
        using var scope = NewDisposeScope();
        var branch = Draw.Prepared(
            new DenseBranch(3, [5], new SpectralNormOptions { Orders = NormOrders.Learned, Coefficient = Coefficient })
        );
        var (first, last) = (branch.Layers[0], branch.Layers[1]);
        Assert.Equal(2.0, first.Norm.Domain.Value, 1e-6);
        Assert.Same(first.Norm.Domain, last.Norm.Codomain);
        Assert.Same(last.Norm.Domain, first.Norm.Codomain);
        using (no_grad())
        {
            first.Order!.fill_(-0.4);
            last.Order!.fill_(0.7);
        }
        Assert.InRange(first.Norm.Domain.Value, 1, 2);
        Assert.InRange(last.Norm.Domain.Value, 2, 5);
        branch.PowerIteration();
        GradientCheck.First(
            () => LearnedOrders.MeanNorm(branch.Layers)!,
            new Dictionary<string, Tensor> { ["first"] = first.Order!, ["last"] = last.Order! }
        );
        // Weights are not moved by it.
        LearnedOrders.MeanNorm(branch.Layers)!.backward();
        Assert.Null(first.Weight.grad);
        Assert.Null(LearnedOrders.MeanNorm(new DenseBranch(2, [3]).Layers));
    }

    /// <summary>u, v and learned orders are part of the state.</summary>
    [Theory, InlineData("learned"), InlineData("1.5"), InlineData("inf,3,inf")]
    public void StateIsSaved(string orders)
    {
        using var scope = NewDisposeScope();
        var options = new SpectralNormOptions { Orders = NormOrders.Parse(orders), Coefficient = Coefficient };
        var (branch, other) = (Draw.Prepared(new DenseBranch(3, [4], options)), new DenseBranch(3, [4], options));
        using (no_grad())
            foreach (var layer in branch.Layers)
                layer.Order?.fill_(0.3);
        branch.PowerIteration();
        other.to(ScalarType.Float64).eval();
        var x = Draw.Normal(2, 3);
        Assert.True(Expect.MaxAbs(branch.forward(x) - other.forward(x)) > 1e-3);
        other.load_state_dict(branch.state_dict());
        Expect.Near(other.forward(x), branch.forward(x), 0, "g");
        foreach (var (a, b) in branch.Layers.Zip(other.Layers))
            Assert.Equal(a.Norm.Domain.Value, b.Norm.Domain.Value);
    }

    /// <summary>
    /// A chain held to infinity norms contracts in that norm: certified there, where the 2-norm may say nothing, and so
    /// is its inverse.
    /// </summary>
    [Theory, InlineData("inf"), InlineData("1"), InlineData("1,2,inf,1"), InlineData("2,inf,inf,2")]
    public void CertificatesSayTheirNorm(string orders)
    {
        using var scope = NewDisposeScope();
        var options = new SpectralNormOptions { Orders = NormOrders.Parse(orders), Coefficient = 0.9 };
        var branch = Draw.Prepared(
            new ConvBranch(new ImageShape(2, 4, 4), 3, options, ActivationKind.LipSwish),
            weightScale: 6
        );
        branch.Freeze();
        var block = new ResidualBlock(branch, new NoLogDet());
        var certificate = branch.Certificate();
        double order = branch.Layers[0].Norm.Domain.Value;
        var x = Draw.Normal(3, 2, 4, 4);
        var jacobian = branch.Linearize(x).Jacobian();
        for (int i = 0; i < 3; i++)
            Assert.True(BruteForce(jacobian[i], certificate.Order, certificate.Order) <= certificate.Bound);
        double radius = linalg.eigvals(jacobian).abs().max().ToDouble();
        Assert.True(radius <= branch.SpectralRadiusBound());
        if (orders is "inf" or "1")
        {
            Assert.Equal(order, certificate.Order);
            Assert.InRange(certificate.Bound, 0, Math.Pow(0.9, 3) * (1 + 1e-9));
        }
        var (y, _) = block.forward(x);
        var back = block.Inverse(y);
        Assert.Equal(certificate.IsContraction ? certificate.Order : 2, back.Order);
        double error = Length((back.Value - x)[0].flatten(), back.Order);
        Assert.True(error <= back.ErrorBound + 1e-12, $"{error} above {back.ErrorBound}");
        if (certificate.IsContraction)
            Assert.InRange(back.ErrorBound, 0, 1e-3);
        Assert.Equal(
            certificate.IsContraction ? 1 / (1 - certificate.Bound) : double.PositiveInfinity,
            block.InverseLipschitzBoundIn(certificate.Order)
        );
    }

    /// <summary>
    /// What no close bound is known for is not certified in its norm: the 2-norm's certificate is stated instead.
    /// </summary>
    [Fact]
    public void WhatIsNotCertainIsNotClaimed()
    {
        using var scope = NewDisposeScope();
        var options = new SpectralNormOptions { Orders = NormOrders.Parse("3"), Coefficient = 0.98 };
        var branch = Draw.Prepared(new DenseBranch(8, [16, 16], options), weightScale: 6);
        branch.Freeze();
        Assert.All(branch.Layers, layer => Assert.True(layer.InducedNormBound() > 0.98));
        Assert.True(branch.Layers.Aggregate(1.0, (product, layer) => product * layer.InducedNormBound()) > 1);
        Assert.Equal(2, branch.Certificate().Order);
        Assert.Equal(branch.LipschitzBound(), branch.Certificate().Bound);
        var block = new ResidualBlock(branch, new NoLogDet());
        Assert.Equal(double.PositiveInfinity, block.InverseLipschitzBoundIn(3));
        var x = Draw.Normal(3, 8);
        var back = block.Inverse(block.forward(x).y);
        Assert.Equal(2, back.Order);
        Assert.True(Expect.MaxAbs(back.Value - x) < 1e-4);
    }

    /// <summary>Errors of several blocks add up in one norm, and in two of them nothing is known.</summary>
    [Fact]
    public void ErrorsAddUpInOneNorm()
    {
        using var scope = NewDisposeScope();
        ResidualBlock Block(string orders)
        {
            var options = new SpectralNormOptions { Orders = NormOrders.Parse(orders), Coefficient = 0.5 };
            var branch = Draw.Prepared(new DenseBranch(4, [6], options));
            branch.Freeze();
            return new(branch, new NoLogDet());
        }
        InverseResult Back(params string[] orders)
        {
            var sequence = new Sequence([.. orders.Select(Block)]);
            sequence.eval();
            return sequence.Inverse(Draw.Normal(3, 4), FixedPoint.Iterations(3));
        }
        Assert.True(double.IsFinite(Back("inf", "inf").ErrorBound));
        Assert.Equal(double.PositiveInfinity, Back("inf", "inf").Order);
        Assert.Equal(double.PositiveInfinity, Back("inf", "2").ErrorBound);
        Assert.Equal((2, true), (Back("2", "2").Order, double.IsFinite(Back("2", "2").ErrorBound)));
    }

    [Theory]
    [InlineData("0.5", "1 or more")]
    [InlineData("-1", "1 or more")]
    [InlineData("nan", "1 or more")]
    [InlineData("two", "'two'")]
    [InlineData("", "''")]
    [InlineData("2,inf", "end with 2")]
    public void ImpossibleOrdersAreRefused(string text, string message) =>
        Assert.Contains(
            message,
            Assert.ThrowsAny<ArgumentException>(() => NormOrders.Parse(text)).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void OrdersMustFitTheLayers()
    {
        var options = new SpectralNormOptions { Orders = NormOrders.Parse("2,inf,2") };
        new DenseBranch(2, [3], options);
        var fault = Assert.Throws<ArgumentException>(() => new DenseBranch(2, [3, 3], options));
        Assert.Contains("3 orders (2,inf,2) do not fit 3 layers", fault.Message, StringComparison.Ordinal);
        Assert.Equal(
            "2,inf,1.5,2",
            NormOrders.Parse(" 2.0, INF ".Replace("INF", "inf", StringComparison.Ordinal) + ",1.5,2").Text
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => new FixedOrder(0.9));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpectralNormOptions { Tolerance = 0 });
    }

    /// <summary>
    /// After the step, as the code of Residual Flows: the forward pass iterates nothing, and the flow does when it is
    /// told.
    /// </summary>
    [Fact]
    public void NormsAreUpdatedAfterTheStepWhereAsked()
    {
        using var scope = NewDisposeScope();
        var flow = new ToyFlow(2, [4], new SpectralNormOptions { Update = NormUpdate.AfterStep, PowerIterations = 2 });
        var layer = flow.ResidualBlocks[0].Branch.Layers[0];
        flow.train();
        var before = layer.U.clone();
        flow.forward(randn(8, 2));
        Expect.Near(layer.U, before, 0, "u");
        flow.UpdateNorms();
        Assert.True(Expect.MaxAbs(layer.U - before) > 0);
        var ours = new ToyFlow(2, [4], new SpectralNormOptions());
        before = ours.ResidualBlocks[0].Branch.Layers[0].U.clone();
        ours.UpdateNorms();
        Expect.Near(ours.ResidualBlocks[0].Branch.Layers[0].U, before, 0, "u of the other rule");
    }

    private static TheoryData<string, double, double> Cases(params (double p, double q)[] orders) =>
        [
            .. from layer in Layers.Keys.Index()
            from order in orders.Index()
            // All orders for a matrix, and some for each other operator.
            where layer.Index == 0 || order.Index % 4 == layer.Index
            select (layer.Item, order.Item.p, order.Item.q),
        ];

    private static SpectralLayer Create(string name, double p, double q)
    {
        Draw.Seed(4);
        var options = new SpectralNormOptions { Coefficient = Coefficient, DivisorMargin = 0 };
        var layer = Layers[name]
            (options, InducedNorm.Between(new FixedOrder(p), new FixedOrder(q), NormUpdate.AfterStep));
        layer.to(ScalarType.Float64);
        using (no_grad())
            layer.Weight.mul_(5);
        return layer;
    }

    /// <summary>
    /// The largest stretch of many random vectors, each improved by a local search that uses nothing but products: a
    /// lower bound of the norm, and close to it on matrices of this size.
    /// </summary>
    private static double BruteForce(Tensor matrix, double p, double q)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator(3);
        var m = matrix.detach().to(ScalarType.Float64);
        long n = m.size(1);
        Tensor Draws(int count) => randn([count, n], dtype: ScalarType.Float64, generator: generator);
        // Corners and axes are where norms of order 1 and infinity are attained.
        var x = cat([Draws(100), Draws(100).sign(), eye(n, dtype: ScalarType.Float64)]);
        double largest = 0;
        for (double step = 0.5; step > 1e-4; step *= 0.8)
        {
            using var inner = NewDisposeScope();
            var tried = cat([x, x + step * Draws((int)x.size(0)), x + 0.1 * step * Draws((int)x.size(0))]);
            var stretch = Lengths(tried.mm(m.t()), q) / Lengths(tried, p);
            var (best, index) = stretch.topk((int)x.size(0));
            x = tried.index_select(0, index).MoveToOuterDisposeScope();
            largest = best[0].ToDouble();
        }
        return largest;
    }

    private static Tensor Lengths(Tensor vectors, double order) =>
        double.IsInfinity(order) ? vectors.abs().amax([1]) : vectors.abs().pow(order).sum(1).pow(1 / order);

    private static double Length(Tensor vector, double order) => Lengths(vector.unsqueeze(0), order).ToDouble();
}
