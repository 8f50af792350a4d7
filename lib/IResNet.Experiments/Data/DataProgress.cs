using System.Globalization;

namespace IResNet.Experiments.Data;

/// <summary>How far the fetching of a data set is.</summary>
/// <param name="Activity">What is being done, such as "downloading train-images-idx3-ubyte.gz".</param>
/// <param name="Bytes">Bytes so far; 0 for what is not counted in bytes.</param>
/// <param name="TotalBytes">Bytes in all, where known.</param>
/// <param name="BytesPerSecond">The speed since this run began; 0 where not known.</param>
public readonly record struct DataProgress(
    string Activity,
    long Bytes = 0,
    long? TotalBytes = null,
    double BytesPerSecond = 0
)
{
    /// <summary>One line for people.</summary>
    public override string ToString()
    {
        if (Bytes == 0)
            return Activity;
        string text = string.Create(CultureInfo.InvariantCulture, $"{Activity}: {Bytes / 1e6:F1} MB");
        if (TotalBytes is { } total)
            text += string.Create(
                CultureInfo.InvariantCulture,
                $" of {total / 1e6:F1} MB ({100.0 * Bytes / total:F0} %)"
            );
        return BytesPerSecond > 0
            ? text + string.Create(CultureInfo.InvariantCulture, $", {BytesPerSecond / 1e6:F1} MB/s")
            : text;
    }
}
