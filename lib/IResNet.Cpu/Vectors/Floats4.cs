using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace IResNet.Cpu;

/// <summary>Four floats: what .NET has on every processor with vectors, NEON and SSE among them.</summary>
internal readonly unsafe struct Floats4(Vector128<float> value) : IVector<Floats4>
{
    private readonly Vector128<float> _value = value;

    /// <inheritdoc/>
    public static int Lanes => 4;

    /// <inheritdoc/>
    public static bool HasManyRegisters => AdvSimd.Arm64.IsSupported;

    /// <inheritdoc/>
    public static string Name => AdvSimd.IsSupported ? "NEON" : "vectors of 128 bits";

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Create(float value) => new(Vector128.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Load(float* from) => new(Vector128.Load(from));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* to) => _value.Store(to);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 operator +(Floats4 a, Floats4 b) => new(a._value + b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 operator -(Floats4 a, Floats4 b) => new(a._value - b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 operator *(Floats4 a, Floats4 b) => new(a._value * b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 operator /(Floats4 a, Floats4 b) => new(a._value / b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 MultiplyAdd(Floats4 a, Floats4 b, Floats4 c) =>
        new(Vector128.MultiplyAddEstimate(a._value, b._value, c._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Min(Floats4 a, Floats4 b) => new(Vector128.MinNative(a._value, b._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Max(Floats4 a, Floats4 b) => new(Vector128.MaxNative(a._value, b._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Abs(Floats4 a) => new(Vector128.Abs(a._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 Round(Floats4 a) => new(Vector128.Round(a._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 PowerOfTwo(Floats4 n) =>
        new((Vector128.ConvertToInt32Native(n._value) + Vector128.Create(127) << 23).AsSingle());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Floats4 WherePositive(Floats4 condition, Floats4 then, Floats4 otherwise) =>
        new(
            Vector128.ConditionalSelect(
                Vector128.GreaterThan(condition._value, Vector128<float>.Zero),
                then._value,
                otherwise._value
            )
        );

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Floats4 a) => Vector128.Sum(a._value);

    /// <inheritdoc/>
    public static void SumSixteen(float* vectors, float* sums)
    {
        for (int i = 0; i < 16; i++)
            sums[i] = Vector128.Sum(Vector128.Load(vectors + 4 * i));
    }

    /// <inheritdoc/>
    public static void Transpose(float* matrix)
    {
        for (int row = 1; row < 4; row++)
        {
            for (int column = 0; column < row; column++)
                (matrix[4 * row + column], matrix[4 * column + row]) = (
                    matrix[4 * column + row],
                    matrix[4 * row + column]
                );
        }
    }
}
