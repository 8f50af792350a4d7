using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Estimators;
using IResNet.Experiments.Training.Optimizers;

namespace IResNet.Tests.Programs.Experiments.Training;

public class HybridTrainingTests
{
    private static readonly HybridTrainingOptions Options = new()
    {
        Weight = 1.0 / 64,
        Steps = 80,
        Batch = 32,
        LearningRate = 0.01,
        WarmUpSteps = 10,
        InitialExamples = 64,
        EvaluationImages = 32,
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>One model learns both: corners are told apart, and their images become likelier.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public async Task LearnsClassesAndDensity(bool scales)
    {
        using var flow = Create(4, scales);
        var run = await HybridTraining.Run(flow, Tiny.Corners(), Options with { EvaluateEvery = 5 }, cancel: Cancel);
        var (before, after) = (run.Evaluations[0].Result, run.Test!);
        Assert.Equal((64, 32), (after.Classification.Images, after.Density.Images));
        Assert.True(after.Classification.Error < 0.1, $"{after} after training; chance is 75 %");
        Assert.True(after.Density.High < before.Density.Low, $"{after} after training, {before} before");
        Assert.False(flow.training);
    }

    /// <summary>Without a weight for the density, it is not learned.</summary>
    [Fact]
    public async Task TheWeightDecidesWhatIsLearned()
    {
        var found = new List<HybridEvaluation>();
        foreach (double weight in new[] { 0, 1.0 / 64 })
        {
            using var flow = Create(4, scales: true);
            found.Add(
                (await HybridTraining.Run(flow, Tiny.Corners(), Options with { Weight = weight }, cancel: Cancel)).Test!
            );
        }
        Assert.All(found, one => Assert.True(one.Classification.Error < 0.1, $"{one}"));
        Assert.True(found[1].Density.High < found[0].Density.Low, $"{found[1]} against {found[0]}");
    }

    /// <summary>Bits/dim are those of the estimator that the options name, as for a density.</summary>
    [Theory, InlineData(false, "PowerSeries"), InlineData(true, "RussianRoulette")]
    public async Task TheNamedEstimatorEvaluates(bool named, string expected)
    {
        using var flow = Create(4);
        var options = Options with { Steps = 1, Estimator = named ? new RussianRouletteOptions() : null };
        var run = await HybridTraining.Run(flow, Tiny.Corners(), options, cancel: Cancel);
        Assert.Equal(expected, run.Test!.Density.Estimator);
    }

    /// <summary>In closed form, they are likelier than learned ones, and the flow is as it was.</summary>
    [Fact]
    public async Task FittedGaussiansAreTheBetterDensity()
    {
        using var flow = Create(4, rank: 2);
        var images = Tiny.Corners();
        await HybridTraining.Run(flow, images, Options, cancel: Cancel);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var preprocessing = new Preprocessing { Dequantise = true };
        var x = preprocessing.ToTensor(images.Train, 1);
        Tensor before = flow.Prior.forward(flow.LatentsOf(x).flatten(1)),
            latents = flow.LatentsOf(x);
        ClassGaussiansFit.Fit(flow, images.Train, preprocessing, cancel: Cancel);
        Expect.Near(flow.LatentsOf(x), latents, 0, "the flow");
        var after = flow.Prior.forward(latents.flatten(1));
        double gain = (after - before).mean().ToDouble();
        Assert.True(gain > 0.5, $"{gain} nats");
        using var generator = new Generator(1);
        var drawn = flow.LogClasses(flow.SampleClass(3, 64, generator: generator)).argmax(1);
        Assert.True(drawn.eq(3).to(ScalarType.Float64).mean().ToDouble() > 0.8);

        using var scales = Create(4, scales: true);
        var other = Assert.Throws<ArgumentException>(() =>
            ClassGaussiansFit.Fit(scales, images.Train, preprocessing, cancel: Cancel)
        );
        Assert.Contains("head.kind=classGaussians", other.Message);
    }

    /// <summary>Where F is not learned, it stays to the last bit, and the head learns nevertheless.</summary>
    [Theory, InlineData("sgd"), InlineData("adam"), InlineData("adamax")]
    public async Task AHeadLearnsAlone(string optimizer)
    {
        using var whole = Create(4);
        await HybridTraining.Run(whole, Tiny.Corners(), Options with { Steps = 20 }, cancel: Cancel);
        using var held = Create(4, learned: false);
        held.load_state_dict(whole.state_dict());
        var options = Options with
        {
            Optimizer = optimizer switch
            {
                "sgd" => new SgdOptions(),
                "adam" => new AdamOptions(),
                _ => new AdamaxOptions(),
            },
            WeightDecay = 0.1,
            AverageDecay = 0.9,
            LearningRate = 0.003,
        };
        await HybridTraining.Run(held, Tiny.Corners(), options, cancel: Cancel);
        foreach (var (name, parameter) in whole.named_parameters())
        {
            var after = held.get_parameter(name)!;
            bool ofHead = name.StartsWith("prior", StringComparison.Ordinal);
            Assert.Equal(ofHead, after.requires_grad);
            Assert.True(ofHead != after.Equals(parameter), name);
        }
    }

    [Fact]
    public async Task LabelsOutsideTheClassesAreRefused()
    {
        using var flow = Create(3);
        var fault = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
            HybridTraining.Run(flow, Tiny.Corners(), Options, cancel: Cancel)
        );
        Assert.Equal(3.0, fault.ActualValue);
        Assert.Contains("labels are 0 to 2", fault.Message);
    }

    /// <summary>The same fault in a classifier, in training and in evaluation.</summary>
    [Fact]
    public async Task LabelsOutsideAClassifiersClassesAreRefused()
    {
        manual_seed(1);
        using var classifier = new Classifier(
            new()
            {
                Input = Tiny.Shape,
                Blocks = [1, 1],
                Hidden = [4, 4],
            },
            3
        );
        var fault = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
            ClassifierTraining.Run(classifier, Tiny.Corners(), new() { Steps = 2, Batch = 32 }, cancel: Cancel)
        );
        Assert.Contains("labels are 0 to 2", fault.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            ClassifierEvaluator.Evaluate(classifier, Tiny.Corners().Test, new(), Cancel)
        );
    }

    [Theory, InlineData(-1), InlineData(double.NaN), InlineData(double.PositiveInfinity)]
    public async Task ImpossibleWeightsAreRefused(double weight)
    {
        using var flow = Create(4);
        var fault = await Assert.ThrowsAsync<ArgumentException>(() =>
            HybridTraining.Run(flow, Tiny.Corners(), Options with { Weight = weight }, cancel: Cancel)
        );
        Assert.Contains("Weight is", fault.Message);
        fault = await Assert.ThrowsAsync<ArgumentException>(() =>
            HybridTraining.Run(flow, Tiny.Corners(), Options with { ClassTemperature = weight }, cancel: Cancel)
        );
        Assert.Contains("ClassTemperature is", fault.Message);
    }

    [Theory, InlineData(-1, 0.0), InlineData(9, 0.0), InlineData(0, 0.5), InlineData(0, double.NaN)]
    public async Task ImpossibleViewsAreRefusedBeforeTheFirstStep(int shift, double warp)
    {
        using var flow = Create(4);
        var sink = TrainingSink.OfSteps(_ => Assert.Fail("A step was made."));
        var options = Options with { ClassShift = shift, ClassWarp = warp };
        var fault = await Assert.ThrowsAsync<ArgumentException>(() =>
            HybridTraining.Run(flow, Tiny.Corners(), options, sink, Cancel)
        );
        Assert.Contains(shift == 0 ? $"Warp = {warp}" : $"Shift = {shift}", fault.Message);
    }

    /// <summary>Against the definition, bin by bin; and nothing is off where confidence is accuracy.</summary>
    [Fact]
    public void CalibrationErrorIsThatOfItsDefinition()
    {
        var random = new Random(3);
        var drawn = Enumerable
            .Range(0, 500)
            .Select(_ => random.NextDouble())
            .Select(p => (Confidence: p, Right: random.NextDouble() < p * p))
            .Append((Confidence: 1.0, Right: true))
            .Append((Confidence: 0.0, Right: false))
            .ToList();
        var calibration = new Calibration(bins: 10);
        foreach (var (confidence, right) in drawn)
            calibration.Add(confidence, right);
        double expected = Enumerable
            .Range(0, 10)
            .Select(bin => drawn.Where(one => Math.Min((int)(one.Confidence * 10), 9) == bin).ToList())
            .Sum(bin =>
                bin.Count
                / (double)drawn.Count
                * Math.Abs(bin.Average(one => one.Confidence) - bin.Average(one => one.Right ? 1.0 : 0))
            );
        Assert.Equal(expected, calibration.ExpectedError, 1e-12);
        Assert.InRange(expected, 0.05, 0.3);
        Assert.Equal((502, 10), (calibration.Bins.Sum(bin => bin.Images), calibration.Bins.Count()));

        var calibrated = new Calibration();
        for (int i = 0; i < 4; i++)
            calibrated.Add(0.75, i < 3);
        Assert.Equal(0, calibrated.ExpectedError, 1e-12);
        Assert.Throws<ArgumentOutOfRangeException>(() => calibrated.Add(double.NaN, true));
        Assert.Throws<InvalidOperationException>(() => new Calibration().ExpectedError);
    }

    private static HybridFlow Create(int classes, bool scales = false, int rank = 0, bool learned = true)
    {
        manual_seed(1);
        return new HybridFlow(
            new()
            {
                Input = Tiny.Shape,
                Blocks = [2, 2],
                Hidden = [8, 8],
                InitialSqueeze = true,
                SpectralNorm = new() { PowerIterations = 5 },
                LearnedTransform = learned,
            },
            classes,
            scales ? new ScaleHeadConfig { Width = 8 } : new ClassGaussiansConfig { Rank = rank }
        );
    }
}
