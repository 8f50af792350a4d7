namespace IResNet.Experiments.Data;

/// <summary>A symmetric padding: the border mirrored, its own pixels included.</summary>
internal static class Mirror
{
    /// <summary>
    /// The position inside that it shows at any: -1 is 0, n is n - 1, and from 2n on all begins anew.
    /// </summary>
    public static int Inside(int position, int length)
    {
        int place = position % (2 * length);
        if (place < 0)
            place += 2 * length;
        return place < length ? place : 2 * length - 1 - place;
    }
}
