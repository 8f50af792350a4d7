using static TorchSharp.torch;

namespace IResNet.Tests.SpectralNorm;

public class GramPolynomialTests
{
    [Theory]
    [InlineData(3, 5, 3, 8, 9)]
    [InlineData(5, 2, 3, 7, 4)]
    [InlineData(4, 4, 1, 5, 5)]
    [InlineData(2, 3, 5, 9, 6)]
    public void It_takes_the_values_of_the_symbol_s_gram_matrices(
        int outputs,
        int inputs,
        int side,
        int height,
        int width
    )
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var kernel = randn(outputs, inputs, side, side, dtype: ScalarType.Float64);
        var polynomial = new GramPolynomial(kernel);
        var matrices = polynomial.At(GramPolynomial.Grid(height, width, CPU));
        var symbol = fft.rfft2(kernel, [height, width]).permute(2, 3, 0, 1).flatten(0, 1);
        var expected = linalg.svdvals(symbol).square().topk((int)polynomial.Size).values;
        Assert.True(linalg.eigvalsh(matrices).flip(1).allclose(expected, rtol: 1e-10, atol: 1e-10));
        // The mean over the whole grid, of which the other half are complex conjugates.
        var whole = fft.fft2(kernel, [height, width]).abs().square().sum([0, 1]).mean() / polynomial.Size;
        Assert.Equal(whole.ToDouble(), polynomial.MeanEigenvalue, 10);
        // Another kernel has another polynomial.
        Assert.False(
            linalg
                .eigvalsh(new GramPolynomial(kernel * 1.01).At(GramPolynomial.Grid(height, width, CPU)))
                .flip(1)
                .allclose(expected, rtol: 1e-3)
        );
    }
}
