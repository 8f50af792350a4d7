using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Runs;

/// <summary>Samples of a trained density model, in files.</summary>
public static class ModelSamples
{
    private const int BatchSize = 100;

    /// <summary>Draws samples and writes them.</summary>
    /// <param name="saved">A density model.</param>
    /// <param name="path">A .png for pictures (images only), a .safetensors for the numbers, tensor
    /// <c>samples</c>.</param>
    /// <param name="count">How many.</param>
    /// <param name="temperature">Scales the prior's standard deviation.</param>
    /// <param name="seed">The same seed gives the same samples.</param>
    /// <exception cref="ConfigurationException">The file's name has another ending, or pictures are asked of a 2-D
    /// density.</exception>
    /// <exception cref="NonConvergenceException">An inverse did not converge.</exception>
    public static void Save(SavedModel saved, string path, int count, double temperature = 1, ulong seed = 1)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        switch (Path.GetExtension(path), saved.Experiment)
        {
            case (".png", DensityExperiment density):
                PictureGrid.Save(path, density.Data.Preprocessing.ToPixels(Draw(saved, count, temperature, seed)));
                break;
            case (".safetensors", _):
                SafeTensors.Save(
                    path,
                    new Dictionary<string, Tensor> { ["samples"] = Draw(saved, count, temperature, seed) }
                );
                break;
            default:
                throw new ConfigurationException(
                    $"'{path}': choose a name that ends in .safetensors{(saved.Experiment is DensityExperiment ? " or .png" : ", since points are no pictures")}."
                );
        }
    }

    private static Tensor Draw(SavedModel saved, int count, double temperature, ulong seed)
    {
        using var generator = new Generator(seed, saved.Model.Flow.Prior.Mean.device);
        var parts = new List<Tensor>();
        for (int drawn = 0; drawn < count; drawn += BatchSize)
            parts.Add(saved.Model.Flow.Sample(Math.Min(BatchSize, count - drawn), temperature, generator: generator));
        return cat(parts);
    }
}
