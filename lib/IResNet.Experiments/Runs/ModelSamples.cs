using IResNet.Experiments.Configuration;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Runs;

/// <summary>Samples of a flow, in files.</summary>
public static class ModelSamples
{
    private const int BatchSize = 100;

    /// <summary>Draws samples and writes them.</summary>
    /// <param name="flow">The model, frozen.</param>
    /// <param name="path">A .safetensors for the numbers, tensor <c>samples</c>; a .png for pictures.</param>
    /// <param name="settings">How many, how.</param>
    /// <param name="toPixels">Makes pictures of samples: values in [0, 1], shape (n, channels, height, width). Null
    /// where samples are no pictures.</param>
    /// <exception cref="ConfigurationException">The file's name has another ending, or pictures are asked of samples
    /// that are none, or a class of a model that has none, or not this one.</exception>
    /// <exception cref="NonConvergenceException">An inverse did not converge.</exception>
    public static void Save(Flow flow, string path, SampleSettings settings, Func<Tensor, Tensor>? toPixels = null)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        switch (Path.GetExtension(path))
        {
            case ".png" when toPixels is not null:
                PictureGrid.Save(path, toPixels(Draw(flow, settings)));
                break;
            case ".safetensors":
                SafeTensors.Save(path, new Dictionary<string, Tensor> { ["samples"] = Draw(flow, settings) });
                break;
            default:
                throw new ConfigurationException(
                    $"'{path}': choose a name that ends in .safetensors"
                        + (toPixels is null ? ", since points are no pictures." : " or .png.")
                );
        }
    }

    /// <summary>How a number of samples is drawn.</summary>
    /// <exception cref="ConfigurationException">There is no such class.</exception>
    private static Func<int, Generator, Tensor> Sampler(Flow flow, SampleSettings settings) =>
        (flow, settings.Class) switch
        {
            (_, null) => (count, generator) => flow.Sample(count, settings.Temperature, generator: generator),
            (HybridFlow hybrid, { } label) when label >= 0 && label < hybrid.Classes => (count, generator) =>
                hybrid.SampleClass(label, count, settings.Temperature, generator: generator),
            (HybridFlow hybrid, { } label) => throw new ConfigurationException(
                $"There is no class {label}: this model has the classes 0 to {hybrid.Classes - 1}."
            ),
            (_, { } label) => throw new ConfigurationException(
                $"Class {label} was asked for, but a {flow.GetName()} knows no classes: leave the class out, or take "
                    + "the model of a hybrid experiment."
            ),
        };

    /// <summary>The samples.</summary>
    /// <exception cref="ConfigurationException">There is no such class.</exception>
    internal static Tensor Draw(Flow flow, SampleSettings settings)
    {
        using var scope = NewDisposeScope();
        var draw = Sampler(flow, settings);
        using var generator = new Generator(settings.Seed);
        var parts = new List<Tensor>();
        for (int drawn = 0; drawn < settings.Count; drawn += BatchSize)
            parts.Add(draw(Math.Min(BatchSize, settings.Count - drawn), generator));
        return cat(parts).MoveToOuterDisposeScope();
    }
}
