namespace IResNet.Experiments.Data;

/// <summary>A symmetric padding: the border mirrored, its own pixels included.</summary>
internal static class Mirror
{
    /// <summary>The position inside that it shows at one at most as far outside as there are pixels: -1 is 0, n is
    /// n - 1.</summary>
    public static int Inside(int position, int length) =>
        position < 0 ? -1 - position
        : position >= length ? 2 * length - 1 - position
        : position;
}
