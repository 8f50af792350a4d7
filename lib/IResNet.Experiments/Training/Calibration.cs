namespace IResNet.Experiments.Training;

/// <summary>
/// How far a classifier's confidence is from its accuracy (Guo et al. 2017): predictions in bins of equal width of
/// their
/// confidence.
/// </summary>
/// <param name="bins">Number of bins, at least 1.</param>
public sealed class Calibration(int bins = 15)
{
    private readonly long[] _images = new long[bins];
    private readonly double[] _confidence = new double[bins],
        _right = new double[bins];

    /// <summary>Images counted.</summary>
    public long Count => _images.Sum();

    /// <summary>The expected calibration error, 0 to 1: |confidence - accuracy| of the bins, weighted by their
    /// images.</summary>
    /// <exception cref="InvalidOperationException">Nothing was counted.</exception>
    public double ExpectedError =>
        Count > 0
            ? _confidence.Zip(_right, (confidence, right) => Math.Abs(confidence - right)).Sum() / Count
            : throw new InvalidOperationException("No prediction was counted: add some first.");

    /// <summary>The bins that hold images: how many, their mean confidence, their accuracy.</summary>
    public IEnumerable<(long Images, double Confidence, double Accuracy)> Bins =>
        _images.Select((count, i) => (count, _confidence[i] / count, _right[i] / count)).Where(bin => bin.count > 0);

    /// <summary>Counts a prediction.</summary>
    /// <param name="confidence">The probability of the class that was chosen, 0 to 1.</param>
    /// <param name="right">Whether it is the right one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The confidence is no probability.</exception>
    public void Add(double confidence, bool right)
    {
        // A softmax of float32 may exceed 1 by a rounding.
        if (!(confidence is >= 0 and <= 1 + 1e-5))
            throw new ArgumentOutOfRangeException(
                nameof(confidence),
                confidence,
                "A confidence is a probability, 0 to 1."
            );
        int bin = Math.Min((int)(confidence * _images.Length), _images.Length - 1);
        _images[bin]++;
        _confidence[bin] += confidence;
        _right[bin] += right ? 1 : 0;
    }
}
