using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Optimizers;

namespace IResNet.Tests.Experiments.Training;

/// <summary>The optimisers on one vector against TorchSharp's, which are PyTorch's.</summary>
public class OptimizerTests
{
    public static TheoryData<OptimizerKind, double, double> Cases => new()
    {
        { OptimizerKind.Adamax, 0, 0 }, { OptimizerKind.Adamax, 0.1, 0 }, { OptimizerKind.Adam, 0, 0 }, { OptimizerKind.Adam, 0.1, 0 },
        { OptimizerKind.Sgd, 0, 0 }, { OptimizerKind.Sgd, 5e-2, 0.9 },
    };

    [Theory, MemberData(nameof(Cases))]
    public void SameParametersAfterManySteps(OptimizerKind kind, double weightDecay, double momentum)
    {
        using var scope = NewDisposeScope();
        var (ours, reference) = (Model(), Model());
        var options = new DensityTrainingOptions { Optimizer = kind, WeightDecay = weightDecay, Momentum = momentum, LearningRate = 0.01 };
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
        Assert.True(Expect.RelativeError(ours.parameters().First(), Model().parameters().First()) > 0.01, "nothing was learned");
    }

    [Fact]
    public void DecayOfWeightsAloneLeavesBiases()
    {
        using var scope = NewDisposeScope();
        var model = Model();
        var options = new DensityTrainingOptions { Optimizer = OptimizerKind.Sgd, Momentum = 0, WeightDecay = 0.1, Decayed = DecayedParameters.Weights };
        var parameters = new FlatParameters(model);
        using var optimizer = FlatOptimizer.Create(parameters, options);
        optimizer.Step(zeros(parameters.Count, ScalarType.Float64), 1);
        foreach (var ((name, parameter), (_, before)) in model.named_parameters().Zip(Model().named_parameters()))
            Expect.Close(parameter, name.EndsWith("weight", StringComparison.Ordinal) ? before * 0.9 : before, 1e-12, name);
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
        return nn.Sequential(nn.Linear(3, 5, dtype: ScalarType.Float64), nn.Tanh(), nn.Linear(5, 2, dtype: ScalarType.Float64));
    }

    private static void Backward(nn.Module<Tensor, Tensor> model, Tensor x, Tensor y)
    {
        model.zero_grad();
        (model.forward(x) - y).square().mean().backward();
    }
}
