namespace IResNet;

/// <summary>Norms of linear operators that do not rest on an iteration having converged. All in float64.</summary>
public static class OperatorNorm
{
    private const int LeastGrid = 64;

    /// <summary>The largest singular value of a matrix, exact.</summary>
    public static double OfMatrix(Tensor matrix)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return linalg.svdvals(matrix.to(ScalarType.Float64)).max().ToDouble();
    }

    /// <summary>
    /// The largest singular value of a convolution with circular padding on a grid of height x width: the largest singular value of its symbol over the
    /// grid's frequencies (Sedghi et al., 2019; the paper's check after training, Figure 6).
    /// </summary>
    /// <param name="kernel">Shape (outputs, inputs, k, k).</param>
    /// <param name="height">Height of the feature map, at least k.</param>
    /// <param name="width">Width of the feature map, at least k.</param>
    public static double Circular(Tensor kernel, int height, int width)
    {
        if (kernel.size(2) > height || kernel.size(3) > width)
            throw new ShapeException($"The kernel ({kernel.size(2)}x{kernel.size(3)}) is larger than the feature map ({height}x{width}).");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        // (outputs, inputs, height, width / 2 + 1): the other frequencies are complex conjugates of these.
        var symbol = fft.rfft2(kernel.to(ScalarType.Float64), [height, width]);
        var matrices = symbol.permute(2, 3, 0, 1).flatten(0, 1);
        var gram = kernel.size(0) <= kernel.size(1) ? matrices.bmm(matrices.mH) : matrices.mH.bmm(matrices);
        return Math.Sqrt(LargestEigenvalue(gram));
    }

    /// <summary>
    /// The largest eigenvalue in a batch of Hermitian positive semi-definite matrices, from above and within some 1e-4. Power iteration guesses it, from below, and a Cholesky
    /// factorisation proves the guess: t I - G is positive definite if and only if all eigenvalues of G are below t. Where it is not, those matrices are guessed anew.
    /// </summary>
    private static double LargestEigenvalue(Tensor gram)
    {
        // A few iterations on all matrices, which have to be read from memory each time, tell which ones deserve more.
        const int First = 5, More = 40, Candidates = 64;
        using var generator = new Generator(1);
        var identity = eye(gram.size(1), dtype: gram.dtype, device: gram.device);
        var v = randn([gram.size(0), gram.size(1), 1], dtype: ScalarType.Float64, generator: generator).to(gram.device).to(gram.dtype);
        double largest = 0;
        for (double excess = 1e-4; ; excess *= 1.5)
        {
            (v, var norms) = PowerIteration(gram, v, First);
            var (_, top) = norms.topk((int)Math.Min(Candidates, gram.size(0)));
            var (_, best) = PowerIteration(gram.index_select(0, top), v.index_select(0, top), More);
            largest = Math.Max(largest, best.max().ToDouble());
            // Zero, or not finite: nothing to prove.
            if (largest is not (> 0 and < double.PositiveInfinity)) return largest;
            double guess = largest * (1 + excess);
            var (_, failed) = linalg.cholesky_ex(guess * identity - gram);
            var above = failed.ne(0).nonzero().flatten();
            if (above.numel() == 0) return guess;
            (gram, v) = (gram.index_select(0, above), v.index_select(0, above));
        }
    }

    /// <summary>Vectors v after some iterations, and the norms of the last products, which are below the largest eigenvalues.</summary>
    private static (Tensor v, Tensor norms) PowerIteration(Tensor gram, Tensor v, int iterations)
    {
        const double NormFloor = 1e-300; // for a matrix of zeros; smaller numbers would be flushed to 0
        Tensor Norms(Tensor vectors) => vectors.abs().square().sum([1, 2]).sqrt();
        for (int i = 0; i < iterations; i++) v = gram.bmm(v / Norms(v).clamp_min(NormFloor).view(-1, 1, 1));
        return (v, Norms(v));
    }

    /// <summary>
    /// An upper bound of the norm of a zero-padded convolution, valid at every image size.
    /// </summary>
    /// <remarks>
    /// A zero-padded convolution is a compression of the one on the infinite plane, whose norm is the supremum of the symbol's largest singular value over
    /// all frequencies. For unit vectors a, b the function a*S(w)b is a trigonometric polynomial of degree r = (k - 1) / 2 in each of two variables, and such a
    /// polynomial exceeds its largest value on N equispaced points by at most the factor 1 / cos(pi r / N) in each variable (Ehlich and Zeller, 1964).
    /// Usually 0.1 to 4 % above the true norm at the layer's own size.
    /// </remarks>
    /// <param name="kernel">Shape (outputs, inputs, k, k), k odd.</param>
    public static double CertifiedBound(Tensor kernel)
    {
        long degree = Math.Max(kernel.size(2), kernel.size(3)) / 2;
        int grid = (int)Math.Max(LeastGrid, 32 * degree);
        double correction = 1 / Math.Cos(Math.PI * degree / grid);
        return Circular(kernel, grid, grid) * correction * correction;
    }
}
