using IResNet.Experiments.Data;

namespace IResNet.Experiments.Training;

/// <summary>How a hybrid model is trained: as a density, and as a classifier beside it.</summary>
public sealed record HybridTrainingOptions : DensityTrainingOptions
{
    /// <summary>A density's defaults.</summary>
    public HybridTrainingOptions() { }

    /// <summary>As a density is trained.</summary>
    /// <param name="density">Its options, all of which are taken over.</param>
    public HybridTrainingOptions(DensityTrainingOptions density)
        : base(density) { }

    /// <summary>
    /// The weight of -ln p(x) against the cross entropy (<see cref="HybridFlow.Loss"/>): 0 for a classifier alone,
    /// 1/d for a balance, 1 for little more than a density. By default 1/784, 1/d of MNIST.
    /// </summary>
    public double Weight { get; init; } = 1.0 / 784;

    /// <summary>The temperature of the classes in the objective, above 0 (<see cref="HybridFlow.Loss"/>).</summary>
    public double ClassTemperature { get; init; } = 1;

    /// <summary>
    /// The cross entropy is taken of images shifted by up to this many pixels (<see cref="Preprocessing.MaxShift"/>):
    /// augmentation helps a classifier, and would spread the density over images that nobody has. Where this and
    /// <see cref="ClassWarp"/> are 0, it is taken of the density's own images; each step then costs a pass less.
    /// </summary>
    public int ClassShift { get; init; }

    /// <summary>The same for warps (<see cref="Preprocessing.MaxWarp"/>).</summary>
    public double ClassWarp { get; init; }

    /// <summary>What is done to the images of which the cross entropy is taken; null where they are the
    /// density's.</summary>
    /// <exception cref="ArgumentException">Images of this shape cannot be shifted or warped so.</exception>
    internal Preprocessing? ImagesForClasses(Preprocessing ofDensity, ImageShape shape)
    {
        if (ClassShift == 0 && ClassWarp == 0)
            return null;
        var found = ofDensity with { MaxShift = ClassShift, MaxWarp = ClassWarp };
        try
        {
            found.Check(shape);
        }
        catch (ArgumentException fault)
        {
            throw new ArgumentException($"ClassShift and ClassWarp, for the classes' images: {fault.Message}", fault);
        }
        return found;
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Demand(
            Weight is >= 0 and < double.PositiveInfinity,
            nameof(Weight),
            Weight,
            "0 or more and finite: 0 for a classifier, 1/d for a balance, 1 for a density"
        );
        Demand(
            ClassTemperature is > 0 and < double.PositiveInfinity,
            nameof(ClassTemperature),
            ClassTemperature,
            "above 0"
        );
    }
}
