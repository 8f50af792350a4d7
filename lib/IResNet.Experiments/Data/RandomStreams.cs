namespace IResNet.Experiments.Data;

/// <summary>
/// Purposes of the random streams of one seed: with different ones, order and augmentation are independent.
/// </summary>
internal static class RandomStreams
{
    public const uint Order = 1,
        Augmentation = 2;
}
