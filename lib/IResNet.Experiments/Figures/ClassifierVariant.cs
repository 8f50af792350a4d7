using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>A column of Table 2: which network, and what constrains it.</summary>
public sealed record ClassifierVariant
{
    private readonly Func<ClassifierScale, ImageShape, int, nn.Module<Tensor, Tensor>> _create;

    private ClassifierVariant(
        string name,
        double? coefficient,
        Func<ClassifierScale, ImageShape, int, nn.Module<Tensor, Tensor>> create
    ) => (Name, Coefficient, _create) = (name, coefficient, create);

    /// <summary>The name in tables and legends: "c = 0.9".</summary>
    public string Name { get; }

    /// <summary>c, the bound on every layer's norm; null where nothing is bounded.</summary>
    public double? Coefficient { get; }

    /// <summary>The baseline: a pre-activation ResNet with bottlenecks and BatchNorm.</summary>
    public static ClassifierVariant ResNet { get; } = Baseline("ResNet, BatchNorm", batchNorm: true);

    /// <summary>The same without BatchNorm.</summary>
    public static ClassifierVariant PlainResNet { get; } = Baseline("ResNet, plain", batchNorm: false);

    /// <summary>The i-ResNet's architecture without the constraint.</summary>
    public static ClassifierVariant Vanilla { get; } =
        new("vanilla", null, (scale, shape, classes) => Invertible(scale, shape, classes, new() { Enabled = false }));

    /// <summary>The i-ResNet with a coefficient.</summary>
    /// <exception cref="ArgumentOutOfRangeException">c is outside (0, 1).</exception>
    public static ClassifierVariant IResNet(double c)
    {
        var options = new SpectralNormOptions { Coefficient = c };
        return new(string.Create(CultureInfo.InvariantCulture, $"c = {c}"), c, (scale, shape, classes) =>
            Invertible(scale, shape, classes, options with { PowerIterations = scale.PowerIterations })
        );
    }

    /// <summary>The network, untrained; the scale's seed decides its initial weights.</summary>
    internal nn.Module<Tensor, Tensor> Create(ClassifierScale scale, ImageShape shape, int classes)
    {
        manual_seed(scale.Seed);
        return _create(scale, shape, classes);
    }

    private static ClassifierVariant Baseline(string name, bool batchNorm) =>
        new(name, null, (scale, shape, classes) => new ResNet(
                new()
                {
                    Input = shape,
                    Blocks = [scale.Blocks, scale.Blocks, scale.Blocks],
                    Widths = scale.Widths,
                    BatchNorm = batchNorm,
                },
                classes
            ));

    private static Classifier Invertible(
        ClassifierScale scale,
        ImageShape shape,
        int classes,
        SpectralNormOptions options
    ) =>
        new(
            new()
            {
                Input = shape,
                Blocks = [scale.Blocks, scale.Blocks, scale.Blocks],
                Strides = [1, 2, 2],
                Hidden = scale.Hidden,
                Padding = scale.Channels - shape.Channels,
                SpectralNorm = options,
            },
            classes
        );
}
