using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace IResNet.Cpu;

/// <summary>Eight floats: AVX2 with FMA.</summary>
internal readonly unsafe struct Floats8(Vector256<float> value) : IVector<Floats8>
{
    private readonly Vector256<float> _value = value;

    /// <inheritdoc/>
    public static int Lanes => 8;

    /// <inheritdoc/>
    public static bool HasManyRegisters => false;

    /// <inheritdoc/>
    public static string Name => "AVX2";

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 Create(float value) => new(Vector256.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 Load(float* from) => new(Vector256.Load(from));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* to) => _value.Store(to);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 operator +(Floats8 a, Floats8 b) => new(a._value + b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 operator -(Floats8 a, Floats8 b) => new(a._value - b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 operator *(Floats8 a, Floats8 b) => new(a._value * b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 operator /(Floats8 a, Floats8 b) => new(a._value / b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 MultiplyAdd(Floats8 a, Floats8 b, Floats8 c) =>
        new(Vector256.MultiplyAddEstimate(a._value, b._value, c._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 Min(Floats8 a, Floats8 b) => new(Vector256.MinNative(a._value, b._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 Max(Floats8 a, Floats8 b) => new(Vector256.MaxNative(a._value, b._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 Abs(Floats8 a) => new(Vector256.Abs(a._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 Round(Floats8 a) => new(Vector256.Round(a._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 PowerOfTwo(Floats8 n) =>
        new((Vector256.ConvertToInt32Native(n._value) + Vector256.Create(127) << 23).AsSingle());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats8 WherePositive(Floats8 condition, Floats8 then, Floats8 otherwise) =>
        new(
            Vector256.ConditionalSelect(
                Vector256.GreaterThan(condition._value, Vector256<float>.Zero),
                then._value,
                otherwise._value
            )
        );

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Floats8 a) => Vector256.Sum(a._value);

    /// <inheritdoc/>
    public static void SumSixteen(float* vectors, float* sums)
    {
        for (int i = 0; i < 16; i += 4)
        {
            float* at = vectors + 8 * i;
            var ab = Avx.HorizontalAdd(Vector256.Load(at), Vector256.Load(at + 8));
            var cd = Avx.HorizontalAdd(Vector256.Load(at + 16), Vector256.Load(at + 24));
            var halves = Avx.HorizontalAdd(ab, cd);
            (halves.GetLower() + halves.GetUpper()).Store(sums + i);
        }
    }

    /// <summary>4x4 blocks within 128-bit parts, then the parts.</summary>
    public static void Transpose(float* matrix)
    {
        var rows = stackalloc Vector256<float>[8];
        for (int i = 0; i < 8; i += 4)
        {
            var (a, b) = (Vector256.Load(matrix + i * 8), Vector256.Load(matrix + (i + 1) * 8));
            var (c, d) = (Vector256.Load(matrix + (i + 2) * 8), Vector256.Load(matrix + (i + 3) * 8));
            var (ab, cd) = (Avx.UnpackLow(a, b).AsDouble(), Avx.UnpackLow(c, d).AsDouble());
            var (abHigh, cdHigh) = (Avx.UnpackHigh(a, b).AsDouble(), Avx.UnpackHigh(c, d).AsDouble());
            // rows[2 j + i / 4] holds column 4 part + j of rows i..i+3 in each 128-bit part.
            rows[i / 4] = Avx.UnpackLow(ab, cd).AsSingle();
            rows[2 + i / 4] = Avx.UnpackHigh(ab, cd).AsSingle();
            rows[4 + i / 4] = Avx.UnpackLow(abHigh, cdHigh).AsSingle();
            rows[6 + i / 4] = Avx.UnpackHigh(abHigh, cdHigh).AsSingle();
        }
        for (int j = 0; j < 4; j++)
        {
            var (a, b) = (rows[2 * j], rows[2 * j + 1]);
            Vector256.Create(a.GetLower(), b.GetLower()).Store(matrix + j * 8);
            Vector256.Create(a.GetUpper(), b.GetUpper()).Store(matrix + (4 + j) * 8);
        }
    }
}
