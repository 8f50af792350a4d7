namespace IResNet.Cpu;

/// <summary>
/// Power iteration on one layer's operator and the gradient of its norm: a 3x3 convolution on the layer's feature maps,
/// or a matrix.
/// </summary>
internal readonly unsafe struct PowerIteration<TVector>(int rows, int columns, int kernel, int height, int width)
    where TVector : unmanaged, IVector<TVector>
{
    private readonly GemmOperator<TVector> _wide = new(rows, columns, height, width);

    private bool IsWide => kernel == 3 && GemmOperator<TVector>.Supports(rows, columns);

    private PaddedPlanes Geometry => new(height, width);

    /// <summary>Entries of u.</summary>
    public int RowLength => rows * height * width;

    /// <summary>Entries of v.</summary>
    public int ColumnLength => columns * height * width;

    /// <summary>Entries of the weight.</summary>
    public int WeightCount => rows * columns * kernel * kernel;

    /// <summary>
    /// Floats of scratch memory: a map or vector of each side, and a weight; or what a wide operator needs.
    /// </summary>
    public nint ScratchSize => Math.Max(RowMap + ColumnMap + WeightCount, IsWide ? _wide.ScratchSize : 0);

    private nint RowMap => kernel == 1 ? rows : Geometry.Size(rows);

    private nint ColumnMap => kernel == 1 ? columns : Geometry.Size(columns);

    /// <summary>For a layer; null for one that has neither kind of operator.</summary>
    public static PowerIteration<TVector>? Of(SpectralLayer layer)
    {
        var (rows, columns) = ((int)layer.Weight.size(0), (int)layer.Weight.size(1));
        // A class derived from these may have another norm.
        return layer switch
        {
            _ when layer.GetType() != typeof(SpectralConv2d) && layer.GetType() != typeof(SpectralLinear) => null,
            SpectralConv2d { Kernel: 3 } convolution => new(
                rows,
                columns,
                3,
                convolution.NormHeight,
                convolution.NormWidth
            ),
            SpectralConv2d { Kernel: 1 } or SpectralLinear => new(rows, columns, 1, 1, 1),
            _ => null,
        };
    }

    /// <summary>Advances u and v in place.</summary>
    /// <param name="weight">W.</param>
    /// <param name="u">Left vector.</param>
    /// <param name="v">Right vector.</param>
    /// <param name="iterations">At least 1.</param>
    /// <param name="scratch">Of <see cref="ScratchSize"/>.</param>
    /// <returns>u.W v, the norm of the last product.</returns>
    public float Advance(float* weight, float* u, float* v, int iterations, float* scratch)
    {
        if (IsWide)
            return _wide.Advance(weight, u, v, iterations, scratch);
        float* left = scratch,
            right = scratch + RowMap;
        Load(u, left, rows);
        float sigma = 0;
        for (int i = 0; i < iterations; i++)
        {
            TakeDirection(weight, left, right, v, transpose: true);
            sigma = TakeDirection(weight, right, left, u, transpose: false);
        }
        Store(left, u, rows);
        Store(right, v, columns);
        return sigma;
    }

    /// <summary>The derivative of u.W v in W.</summary>
    public void Gradient(float* u, float* v, float* gradient, float* scratch)
    {
        if (kernel == 1)
        {
            new Span<float>(gradient, rows * columns).Clear();
            for (int row = 0; row < rows; row++)
                VectorMath<TVector>.Add(v, u[row], gradient + (nint)row * columns, columns);
            return;
        }
        float* left = scratch,
            right = scratch + RowMap;
        Load(u, left, rows);
        Load(v, right, columns);
        SingleImageConvolution<TVector>.Outer(left, right, rows, columns, Geometry, gradient);
    }

    /// <summary>
    /// The product's direction; the vector as it was where the product vanishes. Returns the product's norm.
    /// </summary>
    private float TakeDirection(float* weight, float* from, float* to, float* before, bool transpose)
    {
        if (kernel == 3)
            SingleImageConvolution<TVector>.Run(weight, rows, columns, transpose, from, to, Geometry);
        else if (transpose)
            VectorMath<TVector>.TransposeTimes(weight, rows, columns, from, to);
        else
            VectorMath<TVector>.Times(weight, rows, columns, from, to);
        int channels = transpose ? columns : rows,
            length = kernel == 1 ? channels : channels * Geometry.Plane;
        float norm = MathF.Sqrt(VectorMath<TVector>.Dot(to, to, length));
        if (norm > SpectralLayer.NormFloor)
            VectorMath<TVector>.Divide(to, norm, to, length);
        else
            Load(before, to, channels);
        return norm;
    }

    private void Load(float* vector, float* map, int channels)
    {
        if (kernel == 3)
            Geometry.Load(vector, map, channels);
        else
            new Span<float>(vector, channels).CopyTo(new Span<float>(map, channels));
    }

    private void Store(float* map, float* vector, int channels)
    {
        if (kernel == 3)
            Geometry.Store(map, vector, channels);
        else
            new Span<float>(map, channels).CopyTo(new Span<float>(vector, channels));
    }
}
