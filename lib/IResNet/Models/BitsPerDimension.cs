namespace IResNet;

/// <summary>
/// Bits per dimension of 8-bit images scaled to unit range: -ln p(x) / (d ln 2) + 8. MNIST has two conventions in the
/// literature, which are not comparable: d = 784 (28x28x1, behind Table 4) and d = 3072 (the official code: padded to
/// 32x32, repeated to three channels with independent noise). Always print d beside the number.
/// </summary>
public static class BitsPerDimension
{
    // x = (255 p + u) / 256 - 1/2: one grey level is 1/256 of the range.
    private const double LevelBits = 8;

    /// <summary>From ln p(x) in nats.</summary>
    public static double Of(double logProb, int dimensions) => -logProb / (dimensions * Math.Log(2)) + LevelBits;

    /// <summary>From ln p(x) per example; differentiable.</summary>
    public static Tensor Of(Tensor logProb, int dimensions) => -logProb / (dimensions * Math.Log(2)) + LevelBits;
}
