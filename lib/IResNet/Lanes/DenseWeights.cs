namespace IResNet.Lanes;

/// <summary>
/// The matrices of a dense branch in the order in which <see cref="LaneConvolution"/> reads them, see
/// <see cref="LaneWeights"/>, and the biases.
/// </summary>
internal sealed unsafe class DenseWeights : IDisposable
{
    private const int Tile = LaneGeometry.Tile;

    private readonly LaneMemory _memory;
    private readonly nint[] _matrices,
        _biases;

    /// <summary>Packs the matrices W, or their transposes, and the biases if they are given.</summary>
    public DenseWeights(IReadOnlyList<Tensor> matrices, bool transposed, IReadOnlyList<Tensor>? biases = null)
    {
        (_matrices, _biases) = (new nint[matrices.Count], new nint[matrices.Count]);
        var shapes = matrices.Select(matrix => ((int)matrix.size(0), (int)matrix.size(1))).ToArray();
        nint size = 0;
        for (int i = 0; i < shapes.Length; i++)
        {
            var (rows, columns) = shapes[i];
            _matrices[i] = size;
            _biases[i] = size += transposed
                ? (nint)rows * LaneGeometry.RoundUp(columns)
                : (nint)LaneGeometry.RoundUp(rows) * columns;
            if (biases is not null)
                size += LaneGeometry.RoundUp(rows);
        }
        _memory = LaneMemory.Rent(size);
        new Span<float>(_memory.Pointer, (int)size).Clear();
        for (int i = 0; i < shapes.Length; i++)
        {
            var (rows, columns) = shapes[i];
            Pack(LaneThreads.Data(matrices[i]), rows, columns, transposed, Matrix(i));
            if (biases is not null)
                new Span<float>(LaneThreads.Data(biases[i]), rows).CopyTo(new Span<float>(Bias(i), rows));
        }
    }

    /// <summary>Outputs beyond the last are zero.</summary>
    public float* Matrix(int layer) => _memory.Pointer + _matrices[layer];

    /// <summary>Zeros up to a whole tile.</summary>
    public float* Bias(int layer) => _memory.Pointer + _biases[layer];

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private static void Pack(float* matrix, int rows, int columns, bool transposed, float* packed)
    {
        for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++, matrix++)
        {
            var (input, output, inputs) = transposed ? (row, column, rows) : (column, row, columns);
            packed[(output / Tile * (nint)inputs + input) * Tile + output % Tile] = *matrix;
        }
    }
}
