namespace IResNet.Cpu;

/// <summary>
/// Matrices as the right factor of <see cref="Gemm{TVector}"/>: panels of two vectors of columns, in each row after
/// row. What is missing in the last panel is zero.
/// </summary>
/// <param name="workers">Threads over which panels are spread; none where the caller is one of several threads
/// already.</param>
internal readonly unsafe struct Panels<TVector>(Workers? workers)
    where TVector : unmanaged, IVector<TVector>
{
    private const int Taps = Im2Col.Taps;

    private static int Columns => Gemm<TVector>.Columns;

    private static int Lanes => TVector.Lanes;

    /// <summary>Floats of a packed matrix.</summary>
    public static nint Size(int rows, int columns) => (nint)rows * RoundUp(columns);

    /// <summary>Columns up to a whole panel.</summary>
    public static int RoundUp(int columns) => (columns + Columns - 1) / Columns * Columns;

    /// <summary>A matrix with rows one after the other.</summary>
    public void Pack(float* matrix, int rows, int columns, float* panels) => Each(RoundUp(columns) / Columns, panel =>
        {
            float* to = panels + panel * (nint)rows * Columns;
            int from = panel * Columns,
                count = Math.Min(Columns, columns - from);
            for (int row = 0; row < rows; row++, to += Columns)
            {
                new Span<float>(matrix + row * (nint)columns + from, count).CopyTo(new Span<float>(to, count));
                new Span<float>(to + count, Columns - count).Clear();
            }
        });

    /// <summary>The transpose of a matrix of <paramref name="columns"/> rows, one after the other.</summary>
    public void PackTransposed(float* matrix, int rows, int columns, float* panels) =>
        Each(RoundUp(columns) / Lanes, half =>
        {
            float* tile = stackalloc float[Lanes * Lanes];
            float* to = panels + half / 2 * (nint)rows * Columns + half % 2 * Lanes;
            int from = half * Lanes,
                present = Math.Clamp(columns - from, 0, Lanes);
            for (int row = 0; row < rows; row += Lanes)
            {
                int count = Math.Min(Lanes, rows - row);
                new Span<float>(tile, Lanes * Lanes).Clear();
                for (int i = 0; i < present; i++)
                    new Span<float>(matrix + (from + i) * (nint)rows + row, count).CopyTo(
                        new Span<float>(tile + i * Lanes, count)
                    );
                TVector.Transpose(tile);
                for (int i = 0; i < count; i++)
                    new Span<float>(tile + i * Lanes, Lanes).CopyTo(
                        new Span<float>(to + (row + i) * (nint)Columns, Lanes)
                    );
            }
        });

    /// <summary>A weight of shape (outputs, inputs, 3, 3) as the matrix of inputs by (output, tap).</summary>
    public void PackTaps(float* weight, int outputs, int inputs, float* panels) =>
        Each(RoundUp(outputs * Taps) / Columns, panel =>
        {
            float* to = panels + panel * (nint)inputs * Columns;
            int from = panel * Columns,
                count = Math.Min(Columns, outputs * Taps - from);
            nint* starts = stackalloc nint[Columns];
            for (int i = 0; i < count; i++)
                starts[i] = (from + i) / Taps * (nint)inputs * Taps + (from + i) % Taps;
            float* source = weight;
            for (int input = 0; input < inputs; input++, to += Columns, source += Taps)
            {
                for (int i = 0; i < count; i++)
                    to[i] = source[starts[i]];
                new Span<float>(to + count, Columns - count).Clear();
            }
        });

    /// <summary>Its transpose: (output, tap) by inputs.</summary>
    public void PackTapsTransposed(float* weight, int outputs, int inputs, float* panels) =>
        Each(RoundUp(inputs) / Columns, panel =>
        {
            float* to = panels + panel * (nint)outputs * Taps * Columns;
            int from = panel * Columns,
                count = Math.Min(Columns, inputs - from);
            for (int output = 0; output < outputs; output++, to += Taps * Columns)
            {
                float* source = weight + (output * (nint)inputs + from) * Taps;
                if (count < Columns)
                    new Span<float>(to, Taps * Columns).Clear();
                for (int i = 0; i < count; i++, source += Taps)
                    for (int tap = 0; tap < Taps; tap++)
                        to[tap * Columns + i] = source[tap];
            }
        });

    private void Each(int count, Action<int> work)
    {
        if (workers is not null)
            workers.Run(count, 0, (index, _) => work(index));
        else
            for (int i = 0; i < count; i++)
                work(i);
    }
}
