using IResNet.Experiments.Configuration;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Benchmarking;

/// <summary>The named cases, and how one is run.</summary>
public static class Benchmark
{
    /// <summary>All cases, in the order of the report.</summary>
    public static IReadOnlyList<BenchmarkCase> Cases { get; } =
    [
        DensityStep.Of("density_mnist28_b32_n5_pi1", BenchmarkModels.Mnist28.With(powerIterations: 1), batch: 32),
        DensityStep.Of("density_mnist28_b32_n5_pi5", BenchmarkModels.Mnist28.With(powerIterations: 5), batch: 32),
        DensityStep.Of(
            "density_mnist28_b32_n5_pi5_lipswish",
            BenchmarkModels.Mnist28.With(powerIterations: 5) with
            {
                Activation = ActivationKind.LipSwish,
            },
            batch: 32
        ),
        DensityStep.Of("density_mnist28_b4_n5_pi5", BenchmarkModels.Mnist28.With(powerIterations: 5), batch: 4),
        DensityStep.Of("density_mnist28_b1_n5_pi5", BenchmarkModels.Mnist28.With(powerIterations: 5), batch: 1),
        DensityStep.Of("density_mnist32_b32_n5_pi5", BenchmarkModels.Mnist32.With(powerIterations: 5), batch: 32),
        DensityStep.Of("density_cifar_b32_n5_pi1", BenchmarkModels.Cifar.With(powerIterations: 1), batch: 32),
        DensityStep.Of("density_cifar_b32_n5_pi5", BenchmarkModels.Cifar.With(powerIterations: 5), batch: 32),
        DensityStep.Of(
            "density_cifar_b32_n20_pi5",
            BenchmarkModels.Cifar.With(powerIterations: 5),
            batch: 32,
            terms: 20
        ),
        DensityStep.Of("density_paper_b4_n5_pi5", BenchmarkModels.Paper.With(powerIterations: 5), batch: 4),
        ClassifierStep.Of(
            "classifier_mnist28_b32_pi1",
            BenchmarkModels.Mnist28Classifier.With(powerIterations: 1),
            batch: 32
        ),
        ClassifierStep.Of(
            "classifier_cifar_b32_pi1",
            BenchmarkModels.CifarClassifier.With(powerIterations: 1),
            batch: 32
        ),
        ClassifierStep.Of(
            "classifier_cifar_b32_pi5",
            BenchmarkModels.CifarClassifier.With(powerIterations: 5),
            batch: 32
        ),
        ClassifierStep.Of(
            "classifier_paper_b128_pi1",
            BenchmarkModels.PaperClassifier.With(powerIterations: 1),
            batch: 128
        ),
        InverseCase.Of("inverse_cifar_b32", BenchmarkModels.Cifar),
        InverseCase.Of("inverse_mnist28_b32", BenchmarkModels.Mnist28),
        LogDetCase.OfFlow("logdet_cifar_b32", BenchmarkModels.Cifar, exactImages: 2),
        LogDetCase.OfBlock("logdet_mnist28_block", BenchmarkModels.Mnist28, statedError: 0.05),
        ToyStep.Of("toy_10blocks_b500_exact", blocks: 10, batch: 500),
        ToyStep.Of("toy_100blocks_b500_exact", blocks: 100, batch: 500),
        ToyStep.Of("toy_100blocks_b500_5terms", blocks: 100, batch: 500, terms: 5),
        SpectralNormCase.Of("spectral_norm", BenchmarkModels.Cifar.With(powerIterations: 5)),
        SpectralTraining.Of("spectral_norm_training", BenchmarkModels.Mnist28),
        new("scaling", settings => Scaling.Case(settings)),
    ];

    /// <summary>The case of a name.</summary>
    /// <exception cref="ConfigurationException">There is none; the message lists all.</exception>
    public static BenchmarkCase Find(string name) =>
        Cases.FirstOrDefault(c => c.Name == name)
        ?? throw new ConfigurationException(
            $"There is no case '{name}'. Choose one of: {string.Join(", ", Cases.Select(c => c.Name))}."
        );

    /// <summary>Runs one case in this process. For figures of memory the process must be fresh.</summary>
    /// <param name="benchmark">The case.</param>
    /// <param name="settings">What holds for all cases.</param>
    public static CaseReport Run(BenchmarkCase benchmark, BenchmarkSettings settings)
    {
        NativeRuntime.Configure(settings.Threads);
        manual_seed(0);
        WarmUp();
        double before = ProcessMemory.Resident;
        var measurement = benchmark.Run(settings);
        double peak = ProcessMemory.Peak;
        double rate = ConvolutionPeak.Measure();
        return new CaseReport
        {
            Median = measurement.Timing.Median,
            Min = measurement.Timing.Min,
            Runs = measurement.Timing.Seconds.Count,
            PeakMemory = peak,
            MemoryBefore = before,
            ConvolutionRate = rate / 1e9,
            Operations = measurement.Operations / 1e9,
            LowerBound = measurement.Operations / rate,
            Backend = measurement.Backends?.ToString() ?? $"{Backends.Current.Description} ({Backends.Reason})",
            Details = measurement.Details,
        };
    }

    /// <summary>Loads libtorch, so that the memory "before" is the runtime's own.</summary>
    private static void WarmUp()
    {
        using var scope = NewDisposeScope();
        nn.functional.conv2d(rand(1, 1, 8, 8), rand(1, 1, 3, 3, requires_grad: true)).sum().backward();
    }
}
