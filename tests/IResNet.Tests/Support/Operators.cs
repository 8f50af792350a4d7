namespace IResNet.Tests;

/// <summary>
/// Convolutions written out as matrices, entry by entry, and their norms by a dense singular value decomposition.
/// </summary>
internal static class Operators
{
    /// <summary>The convolution with zero padding that keeps the size, shape (outputs h w, inputs h w).</summary>
    public static Tensor ZeroPadded(Tensor kernel, int height, int width) =>
        Matrix(kernel, height, width, (at, size) => at >= 0 && at < size ? at : null);

    /// <summary>The same with circular padding.</summary>
    public static Tensor Circular(Tensor kernel, int height, int width) =>
        Matrix(kernel, height, width, (at, size) => (at + size) % size);

    /// <summary>The operator of a layer at the size on which it takes its norm, for a weight.</summary>
    public static Tensor Of(SpectralLayer layer, Tensor weight) =>
        layer switch
        {
            SpectralConv2d { Kernel: 1 } => weight.detach().flatten(1),
            SpectralConv2d conv => ZeroPadded(weight, conv.NormHeight, conv.NormWidth),
            _ => weight.detach(),
        };

    /// <summary>The largest singular value.</summary>
    public static double Norm(Tensor matrix) => linalg.svdvals(matrix.to(ScalarType.Float64)).max().ToDouble();

    private static Tensor Matrix(Tensor kernel, int height, int width, Func<int, int, int?> index)
    {
        var (outputs, inputs, side) = ((int)kernel.size(0), (int)kernel.size(1), (int)kernel.size(2));
        double[] taps = kernel.detach().to(ScalarType.Float64).contiguous().data<double>().ToArray();
        double[,] matrix = new double[outputs * height * width, inputs * height * width];
        for (int o = 0; o < outputs; o++)
            for (int i = 0; i < inputs; i++)
                for (int dy = 0; dy < side; dy++)
                    for (int dx = 0; dx < side; dx++)
                        for (int y = 0; y < height; y++)
                            for (int x = 0; x < width; x++)
                            {
                                if (index(y + dy - side / 2, height) is not { } row)
                                    continue;
                                if (index(x + dx - side / 2, width) is not { } column)
                                    continue;
                                double tap = taps[((o * inputs + i) * side + dy) * side + dx];
                                matrix[(o * height + y) * width + x, (i * height + row) * width + column] += tap;
                            }
        return from_array(matrix).clone();
    }
}
