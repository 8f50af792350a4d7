namespace IResNet.Tests.Backends;

/// <summary>An explanation says who serves what and why, and changes nothing.</summary>
public class ExplanationTests
{
    private static readonly FlowConfig Config = new()
    {
        Input = new(2, 8, 8),
        Blocks = [2, 1],
        Strides = [1, 2],
        Hidden = [4, 4],
    };

    [Fact]
    public void EveryBlockHasARouteForEachPart()
    {
        using var flow = new MultiscaleFlow(Config);
        using var use = Use();
        var explanation = flow.Explain(zeros(16, 2, 8, 8));
        Assert.Equal(4 * 3, explanation.Count);
        Assert.Equal([1, 2, 3], explanation.Select(route => route.Block).Distinct());
        Assert.Equal(["step", "linearization", "norms", "inverse"], explanation.Take(4).Select(route => route.Part));
        Assert.All(explanation, route => Assert.Equal("even", route.Backend));
        Assert.Equal(
            """
            even numbers (Backends.Use(even))
            blocks 1 to 3: step by even; linearization by even; norms by even; inverse by even
            """.ReplaceLineEndings("\n"),
            explanation.ToString()
        );
    }

    [Fact]
    public void ReasonsAreSaidBlockByBlock()
    {
        using var flow = new MultiscaleFlow(Config);
        flow.ResidualBlocks[1].Estimator = new PowerSeries(2);
        using var use = Use();
        string[] lines = flow.Explain(zeros(16, 2, 8, 8)).ToString().Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.StartsWith("block 1: step by even;", lines[1], StringComparison.Ordinal);
        Assert.StartsWith(
            "block 2: step by reference, as it dislikes PowerSeries;",
            lines[2],
            StringComparison.Ordinal
        );
        var odd = flow.Explain(zeros(3, 2, 8, 8));
        Assert.All(odd, route =>
            Assert.Equal(
                route.Part == "norms" ? null : "3 is odd",
                route.Part == "step" && route.Block == 2 ? "3 is odd" : route.WhyNot
            )
        );
    }

    [Fact]
    public void TheReferenceServesEverything()
    {
        using var flow = new ToyFlow(2);
        using var use = IResNet.Backends.Use(IResNet.Backends.Reference);
        var explanation = flow.Explain(zeros(5, 2));
        Assert.All(explanation, route => Assert.Equal(("reference", null), (route.Backend, route.WhyNot)));
        Assert.Contains("Backends.Use(reference)", explanation.Current);
    }

    /// <summary>In training mode and before any batch, when a forward pass would change the most.</summary>
    [Fact]
    public void NothingChanges()
    {
        using var flow = new MultiscaleFlow(Config);
        flow.train();
        var before = flow.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.clone());
        flow.Explain(randn(9, 2, 8, 8));
        Assert.All(flow.ActNorms, norm => Assert.False(norm.IsInitialized));
        foreach (var (name, value) in flow.state_dict())
            Assert.True(value.equal(before[name]).all().ToBoolean(), name);
        Assert.Equal(0, LiveTensors.Leak(() => Disposed(flow)));
        flow.forward(randn(9, 2, 8, 8));
        Assert.All(flow.ActNorms, norm => Assert.True(norm.IsInitialized));

        static void Disposed(Flow flow)
        {
            using var x = zeros(9, 2, 8, 8);
            flow.Explain(x);
        }
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        using var flow = new MultiscaleFlow(Config);
        Assert.Throws<ShapeException>(() => flow.Explain(zeros(9, 2, 8, 6)));
        Assert.Throws<ShapeException>(() => flow.Explain(zeros(9, 2, 8, 8, dtype: ScalarType.Float64)));
        Assert.NotEqual("explaining", IResNet.Backends.Current.GetType().Name);
    }

    private static IDisposable Use() => IResNet.Backends.Use(new Even());

    /// <summary>Serves even batches, and computes nothing: an explanation must not ask it to.</summary>
    private sealed class Even : Backend
    {
        public override string Name => "even";

        public override string Description => "even numbers";

        public override Answer<(Tensor y, Tensor logDet)> Step(
            ResidualBranch branch,
            LogDetEstimator estimator,
            Tensor x
        ) =>
            estimator is PowerSeries
                ? Answer<(Tensor, Tensor)>.Refuse("it dislikes PowerSeries")
                : Of<(Tensor, Tensor)>(x);

        public override Answer<Linearization> Linearize(ResidualBranch branch, Tensor x) => Of<Linearization>(x);

        public override Answer<InverseResult> Invert(ResidualBranch branch, InverseSolver solver, Tensor y) =>
            Of<InverseResult>(y);

        public override Answer<IReadOnlyList<Tensor>> Normalize(IReadOnlyList<SpectralLayer> layers) =>
            Answer<IReadOnlyList<Tensor>>.Serve(() => throw new InvalidOperationException());

        private static Answer<T> Of<T>(Tensor x) =>
            x.size(0) % 2 == 0
                ? Answer<T>.Serve(() => throw new InvalidOperationException())
                : Answer<T>.Refuse($"{x.size(0)} is odd");
    }
}
