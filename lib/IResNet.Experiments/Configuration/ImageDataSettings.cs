using IResNet.Experiments.Data;
using IResNet.Experiments.Data.Fetching;
using IResNet.Experiments.Training;

namespace IResNet.Experiments.Configuration;

/// <summary>Which images, and what is done to them.</summary>
public sealed record ImageDataSettings
{
    /// <summary>One of <see cref="DataSets.Names"/>.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The last so many training images are held out: evaluations along the way, and the choice of the best checkpoint,
    /// use them and never the test images. With 0 (the paper trains on all) the evaluations along the way use the test
    /// images.
    /// </summary>
    public int Validation { get; init; }

    /// <inheritdoc cref="Preprocessing.Dequantise"/>
    public bool Dequantise { get; init; }

    /// <inheritdoc cref="Preprocessing.MaxShift"/>
    public int MaxShift { get; init; }

    /// <inheritdoc cref="Preprocessing.Flip"/>
    public bool Flip { get; init; }

    /// <inheritdoc cref="Preprocessing.Pad"/>
    public int Pad { get; init; }

    /// <inheritdoc cref="Preprocessing.Copies"/>
    public int Copies { get; init; } = 1;

    /// <inheritdoc cref="Preprocessing.Mean"/>
    public IReadOnlyList<double> Mean { get; init; } = [0.5];

    /// <inheritdoc cref="Preprocessing.Std"/>
    public IReadOnlyList<double> Std { get; init; } = [1];

    /// <summary>As the batches take it.</summary>
    internal Preprocessing Preprocessing =>
        new()
        {
            Dequantise = Dequantise,
            MaxShift = MaxShift,
            Flip = Flip,
            Pad = Pad,
            Copies = Copies,
            Mean = Mean,
            Std = Std,
        };

    /// <summary>The settings of a preprocessing.</summary>
    internal static ImageDataSettings Of(string name, Preprocessing p, int validation) =>
        new()
        {
            Name = name,
            Validation = validation,
            Dequantise = p.Dequantise,
            MaxShift = p.MaxShift,
            Flip = p.Flip,
            Pad = p.Pad,
            Copies = p.Copies,
            Mean = p.Mean,
            Std = p.Std,
        };

    /// <summary>The shape of the images that a model gets, before any are loaded.</summary>
    internal ImageShape ModelInput => Preprocessing.Output(Entry.Shape);

    /// <summary>Number of classes.</summary>
    internal int Classes => Entry.Classes.Count;

    private ImageData Entry => Catalogue.Find(Name);

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

    /// <exception cref="ArgumentException">A value is out of range.</exception>
    internal void Validate()
    {
        if (!DataSets.Names.Contains(Name))
            throw new ArgumentException($"data.name is '{Name}'. {Names.Advice(Name, [.. DataSets.Names])}");
        if (Validation < 0)
            throw new ArgumentException($"data.validation is {Validation}, but must be 0 or more.");
        Preprocessing.Check(Entry.Shape);
    }

    /// <exception cref="ArgumentException">A value is out of range, or is for densities only.</exception>
    internal void ValidateForClassifier()
    {
        Validate();
        if (Dequantise)
            throw new ArgumentException("data.dequantise is true, but a classifier takes the images as they are.");
    }
}
