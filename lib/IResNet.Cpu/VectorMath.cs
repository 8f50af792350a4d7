namespace IResNet.Cpu;

/// <summary>Products with dense matrices and vectors, rows one after the other.</summary>
internal static unsafe class VectorMath<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    private static int Lanes => TVector.Lanes;

    /// <summary>x.y.</summary>
    public static float Dot(float* x, float* y, int length)
    {
        var sum = default(TVector);
        int i = 0;
        for (; i <= length - Lanes; i += Lanes)
            sum = TVector.MultiplyAdd(TVector.Load(x + i), TVector.Load(y + i), sum);
        float result = TVector.Sum(sum);
        for (; i < length; i++)
            result += x[i] * y[i];
        return result;
    }

    /// <summary>y += factor x.</summary>
    public static void Add(float* x, float factor, float* y, int length)
    {
        int i = 0;
        for (; i <= length - Lanes; i += Lanes)
            TVector.MultiplyAdd(TVector.Create(factor), TVector.Load(x + i), TVector.Load(y + i)).Store(y + i);
        for (; i < length; i++)
            y[i] += factor * x[i];
    }

    /// <summary>y = x / divisor; x and y may be the same.</summary>
    public static void Divide(float* x, float divisor, float* y, int length)
    {
        int i = 0;
        for (; i <= length - Lanes; i += Lanes)
            (TVector.Load(x + i) / TVector.Create(divisor)).Store(y + i);
        for (; i < length; i++)
            y[i] = x[i] / divisor;
    }

    /// <summary>y = scale x + shift.</summary>
    public static void Affine(float* x, float scale, float shift, float* y, int length)
    {
        int i = 0;
        for (; i <= length - Lanes; i += Lanes)
            TVector.MultiplyAdd(TVector.Load(x + i), TVector.Create(scale), TVector.Create(shift)).Store(y + i);
        for (; i < length; i++)
            y[i] = MathF.FusedMultiplyAdd(x[i], scale, shift);
    }

    /// <summary>dx = scale dy, and the sums of dy (y - shift) and of dy.</summary>
    public static (float product, float sum) AffineGradient(
        float* dy,
        float* y,
        float scale,
        float shift,
        float* dx,
        int length
    )
    {
        TVector products = default,
            sums = default;
        int i = 0;
        for (; i <= length - Lanes; i += Lanes)
        {
            var d = TVector.Load(dy + i);
            products = TVector.MultiplyAdd(d, TVector.Load(y + i) - TVector.Create(shift), products);
            sums += d;
            (d * TVector.Create(scale)).Store(dx + i);
        }
        float product = TVector.Sum(products),
            sum = TVector.Sum(sums);
        for (; i < length; i++)
        {
            product += dy[i] * (y[i] - shift);
            sum += dy[i];
            dx[i] = dy[i] * scale;
        }
        return (product, sum);
    }

    /// <summary>y = A x.</summary>
    public static void Times(float* matrix, int rows, int columns, float* x, float* y)
    {
        for (int row = 0; row < rows; row++)
            y[row] = Dot(matrix + (nint)row * columns, x, columns);
    }

    /// <summary>y = A transposed times x.</summary>
    public static void TransposeTimes(float* matrix, int rows, int columns, float* x, float* y)
    {
        new Span<float>(y, columns).Clear();
        for (int row = 0; row < rows; row++)
            Add(matrix + (nint)row * columns, x[row], y, columns);
    }
}
