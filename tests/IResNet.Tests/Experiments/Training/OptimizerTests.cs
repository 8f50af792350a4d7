using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Optimizers;

namespace IResNet.Tests.Experiments.Training;

/// <summary>The optimisers on one vector against TorchSharp's, which are PyTorch's.</summary>
public class OptimizerTests
{
    public static TheoryData<OptimizerKind, double, double> Cases =>
        new()
        {
            { OptimizerKind.Adamax, 0, 0 },
            { OptimizerKind.Adamax, 0.1, 0 },
            { OptimizerKind.Adam, 0, 0 },
            { OptimizerKind.Adam, 0.1, 0 },
            { OptimizerKind.Sgd, 0, 0 },
            { OptimizerKind.Sgd, 5e-2, 0.9 },
        };

    [Theory, MemberData(nameof(Cases))]
    public void SameParametersAfterManySteps(OptimizerKind kind, double weightDecay, double momentum)
    {
        using var scope = NewDisposeScope();
        var (ours, reference) = (Model(), Model());
        var options = new DensityTrainingOptions
        {
            Optimizer = kind,
            WeightDecay = weightDecay,
            Momentum = momentum,
            LearningRate = 0.01,
        };
        var parameters = new FlatParameters(ours);
        using var optimizer = FlatOptimizer.Create(parameters, options);
        using optim.Optimizer official = kind switch
        {
            OptimizerKind.Adamax => optim.Adamax(reference.parameters(), 0.01, weight_decay: weightDecay),
            OptimizerKind.Adam => optim.Adam(reference.parameters(), 0.01, weight_decay: weightDecay),
            _ => optim.SGD(reference.parameters(), 0.01, momentum: momentum, weight_decay: weightDecay),
        };
        manual_seed(5);
        for (int step = 0; step < 50; step++)
        {
            var (x, y) = (randn(16, 3, dtype: ScalarType.Float64), randn(16, 2, dtype: ScalarType.Float64));
            Backward(ours, x, y);
            optimizer.Step(parameters.Gradient(), 0.01);
            Backward(reference, x, y);
            official.step();
        }
        foreach (var ((name, parameter), (_, expected)) in ours.named_parameters().Zip(reference.named_parameters()))
            Expect.Close(parameter, expected, 1e-10, name);
        Assert.True(
            Expect.RelativeError(ours.parameters().First(), Model().parameters().First()) > 0.01,
            "nothing was learned"
        );
    }

    /// <summary>Many parameters are updated in pieces: what they hold at the end does not show it.</summary>
    [
        Theory,
        InlineData(OptimizerKind.Adamax, 0.1),
        InlineData(OptimizerKind.Adam, 0),
        InlineData(OptimizerKind.Sgd, 0.1)
    ]
    public void PiecesDoNotChangeResults(OptimizerKind kind, double weightDecay)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var model = nn.Sequential(nn.Linear(30, 9000), nn.Linear(9000, 20), nn.Linear(20, 5));
        var parameters = new FlatParameters(model);
        Assert.True(parameters.Pieces.Count > 1);
        Assert.Equal(parameters.Count, parameters.Pieces.Sum(piece => piece.Count));
        Assert.Equal(6, parameters.Pieces.Sum(piece => piece.Parameters));
        using var optimizer = FlatOptimizer.Create(
            parameters,
            new DensityTrainingOptions { Optimizer = kind, WeightDecay = weightDecay }
        );
        var (first, second, one) = (randn(parameters.Count), randn(parameters.Count), parameters.Values());
        using optim.Optimizer official = kind switch
        {
            OptimizerKind.Adamax => optim.Adamax([new Parameter(one)], 0.01, weight_decay: weightDecay),
            OptimizerKind.Adam => optim.Adam([new Parameter(one)], 0.01, weight_decay: weightDecay),
            _ => optim.SGD([new Parameter(one)], 0.01, momentum: 0.9, weight_decay: weightDecay),
        };
        var whole = official.parameters().Single();
        foreach (var gradient in new[] { first, second })
        {
            optimizer.Step(gradient, 0.01);
            whole.grad = gradient.clone();
            official.step();
        }
        Expect.Close(parameters.Values(), whole, 1e-6, "values");
    }

    [
        Theory,
        InlineData(1f, true),
        InlineData(float.NaN, false),
        InlineData(float.PositiveInfinity, false),
        InlineData(3e38f, true)
    ]
    public void FiniteGradientsAreTold(float value, bool finite)
    {
        using var scope = NewDisposeScope();
        var gradient = randn(1000);
        gradient.narrow(0, 10, 5).fill_(value);
        Assert.Equal(finite, FlatParameters.IsFinite(gradient));
    }

    [Fact]
    public void DecayOfWeightsAloneLeavesBiases()
    {
        using var scope = NewDisposeScope();
        var model = Model();
        var options = new DensityTrainingOptions
        {
            Optimizer = OptimizerKind.Sgd,
            Momentum = 0,
            WeightDecay = 0.1,
            Decayed = DecayedParameters.Weights,
        };
        var parameters = new FlatParameters(model);
        using var optimizer = FlatOptimizer.Create(parameters, options);
        optimizer.Step(zeros(parameters.Count, ScalarType.Float64), 1);
        foreach (var ((name, parameter), (_, before)) in model.named_parameters().Zip(Model().named_parameters()))
            Expect.Close(
                parameter,
                name.EndsWith("weight", StringComparison.Ordinal) ? before * 0.9 : before,
                1e-12,
                name
            );
    }

    [Fact]
    public void AParameterWithoutAGradientCountsAsZero()
    {
        using var scope = NewDisposeScope();
        var parameters = new FlatParameters(Model());
        Assert.Equal(0, Expect.MaxAbs(parameters.Gradient()));
    }

    private static Sequential Model()
    {
        manual_seed(3);
        return nn.Sequential(
            nn.Linear(3, 5, dtype: ScalarType.Float64),
            nn.Tanh(),
            nn.Linear(5, 2, dtype: ScalarType.Float64)
        );
    }

    private static void Backward(nn.Module<Tensor, Tensor> model, Tensor x, Tensor y)
    {
        model.zero_grad();
        (model.forward(x) - y).square().mean().backward();
    }
}
