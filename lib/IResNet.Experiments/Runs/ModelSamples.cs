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
    /// that are none.</exception>
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

    private static Tensor Draw(Flow flow, SampleSettings settings)
    {
        using var generator = new Generator(settings.Seed);
        var parts = new List<Tensor>();
        for (int drawn = 0; drawn < settings.Count; drawn += BatchSize)
            parts.Add(
                flow.Sample(Math.Min(BatchSize, settings.Count - drawn), settings.Temperature, generator: generator)
            );
        return cat(parts);
    }
}
