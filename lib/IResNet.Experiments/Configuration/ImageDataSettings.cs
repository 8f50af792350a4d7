using IResNet.Experiments.Data;
using IResNet.Experiments.Data.Fetching;
using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Configuration;

/// <summary>Which images, and what is done to them.</summary>
public sealed record ImageDataSettings
{
    private const ulong TestSeed = 1;

    /// <summary>One of <see cref="DataSets.Names"/>, or <c>folder:PATH</c> for a folder of your own images.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The last so many training images are held out: evaluations along the way, and the choice of the best checkpoint,
    /// use them and never the test images. With 0 (the paper trains on all) the evaluations along the way use the test
    /// images.
    /// </summary>
    public int Validation { get; init; }

    /// <summary>From bytes to what the model takes.</summary>
    public Preprocessing Preprocessing { get; init; } = new();

    /// <summary>The shape of the images that a model gets, before any are loaded.</summary>
    internal ImageShape ModelInput => Preprocessing.Output(Entry.Shape);

    /// <summary>The shape of an image before it is preprocessed.</summary>
    internal ImageShape OriginalShape => Entry.Shape;

    /// <summary>Number of classes.</summary>
    /// <exception cref="ConfigurationException">There is only one: there is nothing to tell apart.</exception>
    internal int Classes =>
        Entry.Classes is { Count: > 1 } classes
            ? classes.Count
            : throw new ConfigurationException(
                $"data.name is '{Name}', whose images are of one class. A classifier needs two or more: make a folder "
                    + "of images for each."
            );

    private (ImageShape Shape, IReadOnlyList<string> Classes) Entry
    {
        get
        {
            if (DataSets.Names.Contains(Name))
                return (Catalogue.Find(Name).Shape, Catalogue.Find(Name).Classes);
            if (!ImageFolder.IsNamed(Name))
                throw new ArgumentException(
                    $"data.name is '{Name}'. {Names.Advice(Name, [.. DataSets.Names])} Images of your own: folder:PATH."
                );
            try
            {
                var folder = ImageFolder.Open(Name);
                return (folder.Shape, folder.Classes);
            }
            catch (DataSetException fault)
            {
                throw new ConfigurationException($"data.name is '{Name}'. {fault.Message}", fault);
            }
        }
    }

    /// <summary>Loads the images.</summary>
    internal async Task<ImageDataSet?> Load(DataOptions? options, CancellationToken cancel) =>
        await DataSets.Load(Name, options, cancel);

    /// <summary>Training, validation and test images.</summary>
    internal ImageSplits Split(ImageDataSet data)
    {
        if (Validation >= data.Train.Count)
            throw new ArgumentException(
                $"data.validation is {Validation}, but there are {data.Train.Count} training images."
            );
        return Validation == 0
            ? new(data.Train, data.Test, data.Test)
            : new(data.Train[..^Validation], data.Train[^Validation..], data.Test);
    }

    /// <summary>The first test images, all of them where there are not so many.</summary>
    internal static ImageSplit Test(ImageDataSet data, int? count) =>
        count < data.Test.Count ? data.Test[..count.Value] : data.Test;

    /// <summary>The first test images as the model takes them.</summary>
    internal Tensor Examples(ImageDataSet data, int count) =>
        Preprocessing.ForEvaluation().ToTensor(Test(data, count), TestSeed);

    /// <exception cref="ArgumentException">A value is out of range.</exception>
    internal void Validate()
    {
        if (Validation < 0)
            throw new ArgumentException($"data.validation is {Validation}, but must be 0 or more.");
        Preprocessing.Check(Entry.Shape);
    }

    /// <summary>As <see cref="Validate"/>, for a density, which needs dequantised images.</summary>
    /// <exception cref="ArgumentException">A value is out of range, or the images are not dequantised.</exception>
    internal void ValidateForDensity()
    {
        Validate();
        if (!Preprocessing.Dequantise)
            throw new ArgumentException(
                "data.preprocessing.dequantise is false, but a density needs dequantised images."
            );
    }
}
