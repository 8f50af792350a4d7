namespace IResNet;

/// <summary>
/// The Gram matrices of a convolution's symbol, as a trigonometric polynomial in the frequency. With the kernel's taps
/// K_t the symbol is S(w) = sum over t of K_t exp(-i w·t), and S S* = sum over d of C_d exp(-i w·d) with C_d = sum
/// over t of K_(t+d) K_t', twice the kernel's degree. Its values at many frequencies take far fewer operations this way
/// than through the symbols. Eigenvalues are the squares of the symbol's singular values.
/// </summary>
internal sealed class GramPolynomial
{
    private readonly Tensor _offsets,
        _even,
        _odd;

    /// <summary>Of a kernel; its tensors belong to the dispose scope around.</summary>
    /// <param name="kernel">Shape (outputs, inputs, k, k).</param>
    public GramPolynomial(Tensor kernel)
    {
        // Of S and its transpose, which has the same singular values, the one with the smaller Gram matrix.
        var taps = (kernel.size(0) <= kernel.size(1) ? kernel : kernel.transpose(0, 1)).to(ScalarType.Float64);
        Size = taps.size(0);
        long height = taps.size(2),
            width = taps.size(3);
        var (offsets, even, odd) = (new List<double>(), new List<Tensor>(), new List<Tensor>());
        for (long y = 0; y < height; y++)
            for (long x = y == 0 ? 0 : 1 - width; x < width; x++)
            {
                Tensor Part(long fromY, long fromX) =>
                    taps.narrow(2, fromY, height - y).narrow(3, fromX, width - Math.Abs(x)).flatten(1);
                var coefficient = Part(y, Math.Max(x, 0)).mm(Part(0, Math.Max(-x, 0)).t());
                bool isCentre = y == 0 && x == 0;
                if (isCentre)
                    MeanEigenvalue = coefficient.trace().ReadDouble() / Size;
                offsets.AddRange([y, x]);
                // C_(-d) is the transpose of C_d: the two make a symmetric real and an antisymmetric imaginary part.
                even.Add((isCentre ? coefficient : coefficient + coefficient.t()).flatten());
                odd.Add((coefficient.t() - coefficient).flatten());
            }
        (_offsets, _even, _odd) = (
            tensor(offsets.ToArray(), device: kernel.device).view(-1, 2).t(),
            stack(even),
            stack(odd)
        );
    }

    /// <summary>Where the matrices are.</summary>
    public Device Device => _offsets.device;

    /// <summary>The side of a matrix: the smaller number of channels.</summary>
    public long Size { get; }

    /// <summary>The mean eigenvalue over all matrices and frequencies: their largest is at least this.</summary>
    public double MeanEigenvalue { get; }

    /// <summary>The frequencies of a feature map up to complex conjugation, which changes no eigenvalue.</summary>
    /// <param name="height">Height of the map.</param>
    /// <param name="width">Width of the map.</param>
    /// <param name="device">Where the frequencies are to be.</param>
    /// <returns>Shape (height * (width / 2 + 1), 2), in radians.</returns>
    public static Tensor Grid(int height, int width, Device device)
    {
        var (y, x) = (
            arange(height, dtype: ScalarType.Float64, device: device) * (2 * Math.PI / height),
            arange(width / 2 + 1, dtype: ScalarType.Float64, device: device) * (2 * Math.PI / width)
        );
        return stack([y.repeat_interleave(x.size(0)), x.repeat(y.size(0))], dim: 1);
    }

    /// <summary>The matrices at some frequencies.</summary>
    /// <param name="frequencies">Shape (n, 2).</param>
    /// <returns>Shape (n, size, size), Hermitian, complex128.</returns>
    public Tensor At(Tensor frequencies)
    {
        var angles = frequencies.mm(_offsets);
        return complex(angles.cos().mm(_even), angles.sin().mm(_odd)).view(-1, Size, Size);
    }
}
