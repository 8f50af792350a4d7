namespace IResNet.Experiments.Configuration;

/// <summary>Lengths of trainings that are published in epochs.</summary>
internal static class Epochs
{
    /// <summary>Steps of so many epochs; the last batch of an epoch is left out where it is not full.</summary>
    /// <param name="epochs">Passes over the images.</param>
    /// <param name="images">How many images there are.</param>
    /// <param name="batch">Images per step; by default the paper's.</param>
    public static long Steps(int epochs, int images, int batch = 128) => (long)epochs * (images / batch);
}
