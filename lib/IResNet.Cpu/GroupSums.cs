namespace IResNet.Cpu;

/// <summary>
/// The gradients of parameters from what groups of examples contribute. Sums are taken in the groups' order, so that
/// results do not depend on the number of threads.
/// </summary>
internal static unsafe class GroupSums<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    private const int LargestPiece = 1 << 14;

    /// <summary>One gradient for each parameter.</summary>
    /// <param name="workers">The threads.</param>
    /// <param name="contributions">One row for each group, with the parameters' gradients in turn.</param>
    /// <param name="parameters">Give the shapes.</param>
    public static List<Tensor> Of(Workers workers, Tensor contributions, IEnumerable<Tensor> parameters)
    {
        var results = new List<Tensor>();
        var pieces = new List<Piece>();
        float* from = Floats.Of(contributions);
        foreach (var parameter in parameters)
        {
            results.Add(empty(parameter.shape));
            float* to = Floats.Of(results[^1]);
            int length = (int)parameter.numel();
            for (int at = 0; at < length; at += LargestPiece)
                pieces.Add(new(from + at, to + at, Math.Min(LargestPiece, length - at)));
            from += length;
        }
        var (groups, size) = ((int)contributions.size(0), (nint)contributions.size(1));
        if (groups * size < LargestPiece)
            pieces.ForEach(piece => piece.Sum(groups, size));
        else
            workers.Run(pieces.Count, 0, (index, _) => pieces[index].Sum(groups, size));
        return results;
    }

    private readonly struct Piece(float* from, float* to, int length)
    {
        private readonly float* _from = from,
            _to = to;

        public void Sum(int groups, nint size)
        {
            new Span<float>(_from, length).CopyTo(new Span<float>(_to, length));
            for (int group = 1; group < groups; group++)
                VectorMath<TVector>.Add(_from + group * size, 1, _to, length);
        }
    }
}
