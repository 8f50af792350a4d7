using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Optimizers;

namespace IResNet.Tests.Programs.Experiments.Training;

/// <summary>The optimisers on one vector against TorchSharp's, which are PyTorch's.</summary>
public class OptimizerTests
{
    public static TheoryData<UpdateRule, double> Cases =>
        new()
        {
            { new AdamaxOptions(), 0 },
            { new AdamaxOptions(), 0.1 },
            { new AdamOptions(), 0 },
            { new AdamOptions(), 0.1 },
            {
                new AdamOptions { Beta1 = 0.8, Beta2 = 0.99 },
                0
            },
            {
                new SgdOptions { Momentum = 0 },
                0
            },
            { new SgdOptions(), 5e-2 },
        };

    [Theory, MemberData(nameof(Cases))]
    public void SameParametersAfterManySteps(UpdateRule rule, double weightDecay)
    {
        using var scope = NewDisposeScope();
        var (ours, reference) = (Model(), Model());
        var options = new DensityTrainingOptions
        {
            Optimizer = rule,
            WeightDecay = weightDecay,
            LearningRate = 0.01,
        };
        var parameters = new FlatParameters(ours);
        using var optimizer = options.Optimizer.Create(parameters, options);
        using optim.Optimizer official = rule switch
        {
            AdamaxOptions => optim.Adamax(reference.parameters(), 0.01, weight_decay: weightDecay),
            AdamOptions adam => optim.Adam(
                reference.parameters(),
                0.01,
                adam.Beta1,
                adam.Beta2,
                weight_decay: weightDecay
            ),
            SgdOptions sgd => optim.SGD(
                reference.parameters(),
                0.01,
                momentum: sgd.Momentum,
                weight_decay: weightDecay
            ),
            _ => throw new ArgumentException(rule.ToString(), nameof(rule)),
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
    [Theory, MemberData(nameof(Cases))]
    public void PiecesDoNotChangeResults(UpdateRule rule, double weightDecay)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var model = nn.Sequential(nn.Linear(30, 9000), nn.Linear(9000, 20), nn.Linear(20, 5));
        var parameters = new FlatParameters(model);
        Assert.True(parameters.Pieces.Count > 1);
        Assert.Equal(parameters.Count, parameters.Pieces.Sum(piece => piece.Count));
        Assert.Equal(6, parameters.Pieces.Sum(piece => piece.Parameters));
        var options = new DensityTrainingOptions { Optimizer = rule, WeightDecay = weightDecay };
        using var optimizer = rule.Create(parameters, options);
        var (first, second, one) = (randn(parameters.Count), randn(parameters.Count), parameters.Values());
        using optim.Optimizer official = rule switch
        {
            AdamaxOptions => optim.Adamax([new Parameter(one)], 0.01, weight_decay: weightDecay),
            AdamOptions adam => optim.Adam(
                [new Parameter(one)],
                0.01,
                adam.Beta1,
                adam.Beta2,
                weight_decay: weightDecay
            ),
            SgdOptions sgd => optim.SGD([new Parameter(one)], 0.01, momentum: sgd.Momentum, weight_decay: weightDecay),
            _ => throw new ArgumentException(rule.ToString(), nameof(rule)),
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
            Optimizer = new SgdOptions { Momentum = 0 },
            WeightDecay = 0.1,
            Decayed = DecayedParameters.Weights,
        };
        var parameters = new FlatParameters(model);
        using var optimizer = options.Optimizer.Create(parameters, options);
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
