namespace IResNet.Cpu;

/// <summary>Between torch's layout, (examples, channels, height, width), and lanes.</summary>
internal static unsafe class Interleaving<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    private static int Lanes => TVector.Lanes;

    /// <summary>
    /// Puts a group of examples side by side. Lanes without an example become zero; the border is left alone.
    /// </summary>
    /// <param name="source">The first example of the group.</param>
    /// <param name="examples">Examples in the group, at least 1.</param>
    /// <param name="map">The group's map.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="layout">Size of the maps.</param>
    public static void Pack(float* source, int examples, float* map, int channels, InterleavedLayout layout)
    {
        float* tile = stackalloc float[Lanes * Lanes];
        new Span<float>(tile, Lanes * Lanes).Clear();
        long size = (long)channels * layout.Pixels;
        var target = new Cursor(map, layout);
        for (long from = 0; from < size; from += Lanes)
        {
            int count = (int)Math.Min(Lanes, size - from);
            for (int lane = 0; lane < examples; lane++)
                Copy(source + lane * size + from, tile + lane * Lanes, count);
            TVector.Transpose(tile);
            for (int i = 0; i < count; i++, target.Advance())
                TVector.Load(tile + i * Lanes).Store(target.Pixel);
            // Transposing moved the lanes about: those without an example must be zero again.
            if (examples < Lanes)
                new Span<float>(tile, Lanes * Lanes).Clear();
        }
    }

    /// <summary>The way back.</summary>
    public static void Unpack(float* map, int channels, InterleavedLayout layout, float* destination, int examples)
    {
        float* tile = stackalloc float[Lanes * Lanes];
        long size = (long)channels * layout.Pixels;
        var source = new Cursor(map, layout);
        for (long from = 0; from < size; from += Lanes)
        {
            int count = (int)Math.Min(Lanes, size - from);
            for (int i = 0; i < count; i++, source.Advance())
                TVector.Load(source.Pixel).Store(tile + i * Lanes);
            TVector.Transpose(tile);
            for (int lane = 0; lane < examples; lane++)
                Copy(tile + lane * Lanes, destination + lane * size + from, count);
        }
    }

    private static void Copy(float* from, float* to, int count)
    {
        if (count == Lanes)
            TVector.Load(from).Store(to);
        else
            new Span<float>(from, count).CopyTo(new Span<float>(to, count));
    }

    /// <summary>Walks over the pixels of all channels in torch's order.</summary>
    private struct Cursor(float* map, InterleavedLayout layout)
    {
        private readonly int _width = layout.Width,
            _height = layout.Height;
        private int _column,
            _row;

        public float* Pixel { get; private set; } = map + layout.First;

        public void Advance()
        {
            Pixel += Lanes;
            if (++_column < _width)
                return;
            _column = 0;
            Pixel += 2 * Lanes;
            if (++_row < _height)
                return;
            _row = 0;
            Pixel += 2 * (_width + 2) * Lanes;
        }
    }
}
