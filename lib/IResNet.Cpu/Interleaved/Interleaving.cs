using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace IResNet.Cpu;

/// <summary>Between torch's layout, (examples, channels, height, width), and lanes.</summary>
internal static unsafe class Interleaving
{
    private const int Lanes = InterleavedLayout.Lanes;

    /// <summary>
    /// Puts up to sixteen examples side by side. Lanes without an example become zero; the border is left alone.
    /// </summary>
    /// <param name="source">The first example of the group.</param>
    /// <param name="examples">Examples in the group, 1 to 16.</param>
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
            Transpose(tile);
            for (int i = 0; i < count; i++, target.Advance())
                Vector512.Load(tile + i * Lanes).Store(target.Pixel);
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
                Vector512.Load(source.Pixel).Store(tile + i * Lanes);
            Transpose(tile);
            for (int lane = 0; lane < examples; lane++)
                Copy(tile + lane * Lanes, destination + lane * size + from, count);
        }
    }

    private static void Copy(float* from, float* to, int count)
    {
        if (count == Lanes)
            Vector512.Load(from).Store(to);
        else
            new Span<float>(from, count).CopyTo(new Span<float>(to, count));
    }

    /// <summary>A 16x16 matrix in place: 4x4 blocks within 128-bit parts, then the parts.</summary>
    public static void Transpose(float* tile)
    {
        Vector512<float>* rows = stackalloc Vector512<float>[Lanes];
        for (int i = 0; i < Lanes; i += 4)
        {
            var (a, b) = (Vector512.Load(tile + i * Lanes), Vector512.Load(tile + (i + 1) * Lanes));
            var (c, d) = (Vector512.Load(tile + (i + 2) * Lanes), Vector512.Load(tile + (i + 3) * Lanes));
            var (ab, cd) = (Avx512F.UnpackLow(a, b).AsDouble(), Avx512F.UnpackLow(c, d).AsDouble());
            var (abHigh, cdHigh) = (Avx512F.UnpackHigh(a, b).AsDouble(), Avx512F.UnpackHigh(c, d).AsDouble());
            // rows[4 j + i / 4] holds column 4 part + j of rows i..i+3 in each 128-bit part.
            rows[i / 4] = Avx512F.UnpackLow(ab, cd).AsSingle();
            rows[4 + i / 4] = Avx512F.UnpackHigh(ab, cd).AsSingle();
            rows[8 + i / 4] = Avx512F.UnpackLow(abHigh, cdHigh).AsSingle();
            rows[12 + i / 4] = Avx512F.UnpackHigh(abHigh, cdHigh).AsSingle();
        }
        for (int j = 0; j < 4; j++)
        {
            var (a, b, c, d) = (rows[4 * j], rows[4 * j + 1], rows[4 * j + 2], rows[4 * j + 3]);
            const byte Even = 0b10_00_10_00,
                Odd = 0b11_01_11_01;
            // a0 a2 b0 b2, then with c and d, gives a0 b0 c0 d0.
            var (abEven, abOdd) = (Avx512F.Shuffle4x128(a, b, Even), Avx512F.Shuffle4x128(a, b, Odd));
            var (cdEven, cdOdd) = (Avx512F.Shuffle4x128(c, d, Even), Avx512F.Shuffle4x128(c, d, Odd));
            Avx512F.Shuffle4x128(abEven, cdEven, Even).Store(tile + j * Lanes);
            Avx512F.Shuffle4x128(abOdd, cdOdd, Even).Store(tile + (4 + j) * Lanes);
            Avx512F.Shuffle4x128(abEven, cdEven, Odd).Store(tile + (8 + j) * Lanes);
            Avx512F.Shuffle4x128(abOdd, cdOdd, Odd).Store(tile + (12 + j) * Lanes);
        }
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
