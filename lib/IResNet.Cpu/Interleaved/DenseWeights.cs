namespace IResNet.Cpu;

/// <summary>
/// The matrices of a dense branch in the order in which <see cref="InterleavedConvolution{TVector}"/> reads them, see
/// <see cref="InterleavedWeights"/>, the biases, and the parameters of learned activations.
/// </summary>
internal sealed unsafe class DenseWeights : IDisposable
{
    private const int Tile = InterleavedLayout.Tile;

    private readonly MemoryBlock _memory;
    private readonly nint[] _matrices,
        _biases;
    private readonly float[] _learned;

    /// <summary>Packs the matrices W, or their transposes, and the biases and parameters if they are given.</summary>
    public DenseWeights(
        MemoryPool memory,
        IReadOnlyList<Tensor> matrices,
        bool transposed,
        IReadOnlyList<Tensor>? biases = null,
        IReadOnlyList<Tensor>? learned = null
    )
    {
        _learned = [.. (learned ?? []).Select(parameter => *Floats.Of(parameter))];
        (_matrices, _biases) = (new nint[matrices.Count], new nint[matrices.Count]);
        var shapes = matrices.Select(matrix => ((int)matrix.size(0), (int)matrix.size(1))).ToArray();
        nint size = 0;
        for (int i = 0; i < shapes.Length; i++)
        {
            var (rows, columns) = shapes[i];
            _matrices[i] = size;
            _biases[i] = size += transposed
                ? (nint)rows * InterleavedLayout.RoundUp(columns)
                : (nint)InterleavedLayout.RoundUp(rows) * columns;
            if (biases is not null)
                size += InterleavedLayout.RoundUp(rows);
        }
        _memory = memory.Rent(size);
        new Span<float>(_memory.Pointer, (int)size).Clear();
        for (int i = 0; i < shapes.Length; i++)
        {
            var (rows, columns) = shapes[i];
            Pack(Floats.Of(matrices[i]), rows, columns, transposed, Matrix(i));
            if (biases is not null)
                new Span<float>(Floats.Of(biases[i]), rows).CopyTo(new Span<float>(Bias(i), rows));
        }
    }

    /// <summary>Outputs beyond the last are zero.</summary>
    public float* Matrix(int layer) => _memory.Pointer + _matrices[layer];

    /// <summary>Zeros up to a whole tile.</summary>
    public float* Bias(int layer) => _memory.Pointer + _biases[layer];

    /// <summary>Of the activation behind a layer; 0 if it has none.</summary>
    public float Learned(int layer) => _learned.Length > 0 ? _learned[layer] : 0;

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private static void Pack(float* matrix, int rows, int columns, bool transposed, float* packed)
    {
        for (int row = 0; row < rows; row++, matrix += columns)
            if (transposed)
                for (int column = 0; column < columns; column += Tile)
                {
                    int count = Math.Min(Tile, columns - column);
                    float* tile = packed + (nint)column * rows + row * Tile;
                    new Span<float>(matrix + column, count).CopyTo(new Span<float>(tile, count));
                }
            else
            {
                float* tile = packed + row / Tile * (nint)columns * Tile + row % Tile;
                for (int column = 0; column < columns; column++)
                    tile[column * Tile] = matrix[column];
            }
    }
}
