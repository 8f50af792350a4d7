using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace IResNet.Cpu;

/// <summary>Sixteen floats: AVX-512.</summary>
internal readonly unsafe struct Floats16(Vector512<float> value) : IVector<Floats16>
{
    private const byte Even = 0b10_00_10_00,
        Odd = 0b11_01_11_01;

    private readonly Vector512<float> _value = value;

    /// <inheritdoc/>
    public static int Lanes => 16;

    /// <inheritdoc/>
    public static bool HasManyRegisters => true;

    /// <inheritdoc/>
    public static string Name => "AVX-512";

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats16 Create(float value) => new(Vector512.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats16 Load(float* from) => new(Vector512.Load(from));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* to) => _value.Store(to);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats16 operator +(Floats16 a, Floats16 b) => new(a._value + b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats16 operator -(Floats16 a, Floats16 b) => new(a._value - b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats16 operator *(Floats16 a, Floats16 b) => new(a._value * b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats16 operator /(Floats16 a, Floats16 b) => new(a._value / b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats16 MultiplyAdd(Floats16 a, Floats16 b, Floats16 c) =>
        new(Vector512.MultiplyAddEstimate(a._value, b._value, c._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats16 Min(Floats16 a, Floats16 b) => new(Vector512.MinNative(a._value, b._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats16 Max(Floats16 a, Floats16 b) => new(Vector512.MaxNative(a._value, b._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats16 Abs(Floats16 a) => new(Vector512.Abs(a._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats16 Round(Floats16 a) => new(Vector512.Round(a._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats16 PowerOfTwo(Floats16 n) => new(Avx512F.Scale(Vector512<float>.One, n._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats16 WherePositive(Floats16 condition, Floats16 then, Floats16 otherwise) =>
        new(
            Vector512.ConditionalSelect(
                Vector512.GreaterThan(condition._value, Vector512<float>.Zero),
                then._value,
                otherwise._value
            )
        );

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Floats16 a) => Vector512.Sum(a._value);

    /// <inheritdoc/>
    public static void SumSixteen(float* vectors, float* sums)
    {
        // Where a map has few pixels, sums over lanes one by one would take as long as the products.
        var (a, b) = (Quad(vectors), Quad(vectors + 4 * 16));
        var (c, d) = (Quad(vectors + 8 * 16), Quad(vectors + 12 * 16));
        var ab = Avx512F.Shuffle4x128(a, b, Even) + Avx512F.Shuffle4x128(a, b, Odd);
        var cd = Avx512F.Shuffle4x128(c, d, Even) + Avx512F.Shuffle4x128(c, d, Odd);
        (Avx512F.Shuffle4x128(ab, cd, Even) + Avx512F.Shuffle4x128(ab, cd, Odd)).Store(sums);
    }

    /// <summary>4x4 blocks within 128-bit parts, then the parts.</summary>
    public static void Transpose(float* matrix)
    {
        var rows = stackalloc Vector512<float>[16];
        for (int i = 0; i < 16; i += 4)
        {
            var (a, b) = (Vector512.Load(matrix + i * 16), Vector512.Load(matrix + (i + 1) * 16));
            var (c, d) = (Vector512.Load(matrix + (i + 2) * 16), Vector512.Load(matrix + (i + 3) * 16));
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
            // a0 a2 b0 b2, then with c and d, gives a0 b0 c0 d0.
            var (abEven, abOdd) = (Avx512F.Shuffle4x128(a, b, Even), Avx512F.Shuffle4x128(a, b, Odd));
            var (cdEven, cdOdd) = (Avx512F.Shuffle4x128(c, d, Even), Avx512F.Shuffle4x128(c, d, Odd));
            Avx512F.Shuffle4x128(abEven, cdEven, Even).Store(matrix + j * 16);
            Avx512F.Shuffle4x128(abOdd, cdOdd, Even).Store(matrix + (4 + j) * 16);
            Avx512F.Shuffle4x128(abEven, cdEven, Odd).Store(matrix + (8 + j) * 16);
            Avx512F.Shuffle4x128(abOdd, cdOdd, Odd).Store(matrix + (12 + j) * 16);
        }
    }

    /// <summary>In every 128-bit part, the sums of that part of four vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Quad(float* vectors)
    {
        var (a, b) = (Vector512.Load(vectors), Vector512.Load(vectors + 16));
        var (c, d) = (Vector512.Load(vectors + 2 * 16), Vector512.Load(vectors + 3 * 16));
        var ab = (Avx512F.UnpackLow(a, b) + Avx512F.UnpackHigh(a, b)).AsDouble();
        var cd = (Avx512F.UnpackLow(c, d) + Avx512F.UnpackHigh(c, d)).AsDouble();
        return Avx512F.UnpackLow(ab, cd).AsSingle() + Avx512F.UnpackHigh(ab, cd).AsSingle();
    }
}
