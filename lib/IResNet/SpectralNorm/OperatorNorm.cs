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
        return linalg.svdvals(matrix.to(ScalarType.Float64)).ReadLargest();
    }

    /// <summary>
    /// The largest singular value of a convolution with circular padding on a grid of height x width: the largest
    /// singular value of its symbol over the grid's frequencies (Sedghi et al., 2019; the paper's check after training,
    /// Figure 6).
    /// </summary>
    /// <param name="kernel">Shape (outputs, inputs, k, k).</param>
    /// <param name="height">Height of the feature map, at least k.</param>
    /// <param name="width">Width of the feature map, at least k.</param>
    public static double Circular(Tensor kernel, int height, int width)
    {
        if (kernel.size(2) > height || kernel.size(3) > width)
            throw new ShapeException(
                $"The kernel ({kernel.size(2)}x{kernel.size(3)}) is larger than the feature map ({height}x{width})."
            );
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return Math.Sqrt(LargestEigenvalue(new GramPolynomial(kernel), height, width));
    }

    /// <summary>
    /// The largest eigenvalue of a symbol's Gram matrices on a grid of frequencies, from above and within some 1e-4.
    /// Power iteration guesses it, from below, and a Cholesky factorisation proves the guess: t I - G is positive
    /// definite if and only if all eigenvalues of G are below t. Where it is not, the guess is raised.
    /// </summary>
    private static double LargestEigenvalue(GramPolynomial gram, int height, int width)
    {
        // Some frequencies give a guess that most of the others need not raise. Matrices are made by parts that fit
        // into a cache.
        const int Tried = 64,
            CachedNumbers = 1 << 18;
        const double Excess = 1e-4;
        double largest = gram.MeanEigenvalue;
        // Zero, or not finite: nothing to prove.
        if (largest is not (> 0 and < double.PositiveInfinity))
            return largest;
        var frequencies = GramPolynomial.Grid(height, width, gram.Device);
        long count = frequencies.size(0),
            part = Math.Max(1, CachedNumbers / (gram.Size * gram.Size));
        using (NewDisposeScope())
            largest = Math.Max(
                largest,
                PowerIteration(gram.At(frequencies[TensorIndex.Slice(step: (count + Tried - 1) / Tried)]))
            );
        double proven = largest * (1 + Excess);
        for (long start = 0; start < count; start += part)
        {
            using var scope = NewDisposeScope();
            var matrices = gram.At(frequencies.narrow(0, start, Math.Min(part, count - start)));
            for (double excess = Excess; ; excess *= 1.5)
            {
                var (_, failed) = linalg.cholesky_ex(
                    proven * eye(gram.Size, dtype: matrices.dtype, device: matrices.device) - matrices
                );
                var above = failed.ne(0).nonzero().flatten();
                if (above.numel() == 0)
                    break;
                matrices = matrices.index_select(0, above);
                largest = Math.Max(largest, PowerIteration(matrices));
                proven = largest * (1 + excess);
            }
        }
        return proven;
    }

    /// <summary>
    /// A lower bound of the largest eigenvalue in a batch of Hermitian positive semi-definite matrices, close to it.
    /// </summary>
    private static double PowerIteration(Tensor matrices)
    {
        const int Iterations = 40;
        const double NormFloor = 1e-300; // for a matrix of zeros; smaller numbers would be flushed to 0
        using var generator = new Generator(1);
        Tensor Norms(Tensor vectors) => vectors.abs().square().sum([1, 2]).sqrt();
        var v = Draws
            .Normal([matrices.size(0), matrices.size(1), 1], ScalarType.Float64, matrices.device, generator)
            .to(matrices.dtype);
        for (int i = 0; i < Iterations; i++)
            v = matrices.bmm(v / Norms(v).clamp_min(NormFloor).view(-1, 1, 1));
        return Norms(v).ReadLargest();
    }

    /// <summary>
    /// An upper bound of the norm of a zero-padded convolution, valid at every image size.
    /// </summary>
    /// <remarks>
    /// A zero-padded convolution is a compression of the one on the infinite plane, whose norm is the supremum of the
    /// symbol's largest singular value over all frequencies. For unit vectors a, b the function a*S(w)b is a
    /// trigonometric polynomial of degree r = (k - 1) / 2 in each of two variables, and such a polynomial exceeds its
    /// largest value on N equispaced points by at most the factor 1 / cos(pi r / N) in each variable (Ehlich and
    /// Zeller, 1964). Usually 0.1 to 4 % above the true norm at the layer's own size.
    /// </remarks>
    /// <param name="kernel">Shape (outputs, inputs, k, k), k odd.</param>
    public static double CertifiedBound(Tensor kernel)
    {
        long degree = Math.Max(kernel.size(2), kernel.size(3)) / 2;
        int grid = (int)Math.Max(LeastGrid, 32 * degree);
        double correction = 1 / Math.Cos(Math.PI * degree / grid);
        return Circular(kernel, grid, grid) * correction * correction;
    }

    /// <summary>
    /// An upper bound of a layer's norm from order p to order q, at the size on which the norm is taken: the least of
    /// several. By way of 2-norms; by Hoelder's inequality for each row, or each column; and by the theorem of Riesz
    /// and Thorin between the orders 1, 2 and infinity, from p to p or from q to q. Exact for p = q = 2, and for p = 1
    /// or q infinite; in between it can be far above.
    /// </summary>
    /// <param name="layer">The operator.</param>
    /// <param name="weight">Its weight.</param>
    /// <param name="p">The order of the inputs' norm.</param>
    /// <param name="q">The order of the outputs' norm.</param>
    public static double UpperBound(SpectralLayer layer, Tensor weight, double p, double q)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        // A 1x1 convolution acts on each position by itself, and its vectors are those of one.
        double positions = layer is SpectralConv2d map ? map.NormHeight * map.NormWidth : 1,
            apart = layer is SpectralConv2d { Kernel: 1 } ? positions : 1,
            repeats = positions / apart,
            inputs = layer.V.numel() * apart,
            outputs = layer.U.numel() * apart,
            two = layer.CertifiedNorm(weight);
        double byTwoNorms = two * Growth(inputs / apart, p, 2) * Growth(outputs / apart, 2, q) * Growth(apart, p, q);
        if (layer is not (SpectralLinear or SpectralConv2d))
            return byTwoNorms;
        var rows = weight.detach().to(ScalarType.Float64);
        var columns = rows.transpose(0, 1);
        double dual = IteratedNorm.Dual(p),
            one = IteratedNorm.Sizes(columns, 1).ReadLargest(),
            infinite = IteratedNorm.Sizes(rows, 1).ReadLargest();
        double Mixed(Tensor sizes, double order) =>
            IteratedNorm.Sizes(sizes.unsqueeze(0), order).ReadLargest()
            * Math.Pow(repeats, 1 / order)
            * Growth(apart, p, q);
        return new[]
        {
            byTwoNorms,
            Mixed(IteratedNorm.Sizes(rows, dual), q),
            Mixed(IteratedNorm.Sizes(columns, q), dual),
            Interpolated(p, one, two, infinite) * Growth(outputs, p, q),
            Interpolated(q, one, two, infinite) * Growth(inputs, p, q),
        }.Min();
    }

    /// <summary>
    /// How much larger a norm of order r than one of order s can be: n entries have |x|_r at most n^(1/r - 1/s) |x|_s
    /// for r below s.
    /// </summary>
    private static double Growth(double entries, double s, double r) => Math.Pow(entries, Math.Max(0, 1 / r - 1 / s));

    /// <summary>Riesz and Thorin: a norm from r to r, from those of the orders 1, 2 and infinity.</summary>
    private static double Interpolated(double r, double one, double two, double infinite) =>
        r >= 2
            ? Math.Pow(two, 2 / r) * Math.Pow(infinite, 1 - 2 / r)
            : Math.Pow(one, 2 / r - 1) * Math.Pow(two, 2 - 2 / r);
}
