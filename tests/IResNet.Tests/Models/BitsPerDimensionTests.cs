namespace IResNet.Tests.Models;

/// <summary>What bits per dimension must not depend on, and known values.</summary>
public class BitsPerDimensionTests
{
    private const double Tolerance = 1e-10;

    /// <summary>A density of 1 on the unit cube knows nothing of the grey levels: eight bits, at every size.</summary>
    [Theory, InlineData(784), InlineData(3072), InlineData(1)]
    public void UniformDensityCostsEightBits(int dimensions) =>
        Assert.Equal(8, BitsPerDimension.Of(0, dimensions), Tolerance);

    /// <summary>Halving the density in every dimension costs one bit more.</summary>
    [Theory, InlineData(784), InlineData(3072)]
    public void OneBitIsAFactorOfTwoInEachDimension(int dimensions) =>
        Assert.Equal(9, BitsPerDimension.Of(-dimensions * Math.Log(2), dimensions), Tolerance);

    /// <summary>
    /// MNIST's two conventions give different numbers for the same model: only the part above eight bits scales with d.
    /// </summary>
    [Fact]
    public void ConventionsDifferByTheRatioOfTheirDimensions()
    {
        const double Nats = 4000;
        Assert.Equal(
            (BitsPerDimension.Of(Nats, 28 * 28) - 8) * 784 / 3072,
            BitsPerDimension.Of(Nats, 3 * 32 * 32) - 8,
            Tolerance
        );
    }

    /// <summary>
    /// The differential entropy of a normal of standard deviation s, in bits, and eight for the grey levels.
    /// </summary>
    [Theory, InlineData(0.05), InlineData(0.3)]
    public void KnownGaussian(double deviation)
    {
        using var scope = NewDisposeScope();
        const int Dimensions = 16;
        var prior = new DiagonalGaussian(Dimensions);
        prior.to(ScalarType.Float64);
        using (no_grad())
            prior.LogStd.fill_(Math.Log(deviation));
        // At distance s sqrt(d) from the mean ln p is exactly minus the entropy.
        double bits = BitsPerDimension.Of(
            prior.forward(full(1, Dimensions, deviation, ScalarType.Float64)).ToDouble(),
            Dimensions
        );
        Assert.Equal(0.5 * Math.Log2(2 * Math.PI * Math.E * deviation * deviation) + 8, bits, Tolerance);
    }

    /// <summary>
    /// Units do not matter: the same flow on pixels of 0 to 255 has eight bits less of density and eight bits less of
    /// levels.
    /// </summary>
    [Fact]
    public void UnitsDoNotMatter()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        var flow = Draw.Prepared(new MultiscaleFlow(Flows.Images)).WithEstimator(new ExactLogDet());
        var unit = 0.3 * Draw.Normal(4, 1, 4, 4);
        var toUnit = new ActNorm(1) { IsInitialized = true };
        toUnit.to(ScalarType.Float64);
        using (no_grad())
        {
            toUnit.LogScale.fill_(-Math.Log(256));
            toUnit.Shift.fill_(-0.5);
        }
        toUnit.eval();
        var levels = 256 * (unit + 0.5);
        var (y, logDet) = toUnit.forward(levels);
        var ofLevels = -(flow.forward(y) + logDet) / (16 * Math.Log(2));
        Expect.Near(ofLevels, BitsPerDimension.Of(flow.forward(unit), 16), 1e-10, "bits per dimension");
    }

    [Fact]
    public void TensorsAndNumbersAgree()
    {
        using var scope = NewDisposeScope();
        var logProb = tensor(new[] { -1000.0, 0, 2500 }, requires_grad: true);
        var bits = BitsPerDimension.Of(logProb, 784);
        Assert.Equal(
            logProb.detach().data<double>().Select(value => BitsPerDimension.Of(value, 784)),
            bits.detach().data<double>()
        );
        bits.sum().backward();
        Expect.Close(logProb.grad!, full(3, -1 / (784 * Math.Log(2)), ScalarType.Float64), 1e-15, "gradient");
    }
}
