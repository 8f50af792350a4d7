using IResNet.Experiments.Data;

namespace IResNet.Tests.Programs.Experiments.Data;

public class ToyDataTests
{
    private const int N = 20_000;

    public static TheoryData<string> Names => [.. ToyData.Names];

    private static (double X, double Y)[] Draw(string name, int count = N)
    {
        using var scope = NewDisposeScope();
        double[] values = ToyData.Sample(name, count, new Generator(1), ScalarType.Float64).data<double>().ToArray();
        return [.. Enumerable.Range(0, count).Select(i => (values[2 * i], values[2 * i + 1]))];
    }

    private static void MeanIs(double expected, IEnumerable<double> values)
    {
        double[] all = values.ToArray();
        double mean = all.Average();
        double error = Math.Sqrt(all.Sum(v => (v - mean) * (v - mean)) / (all.Length - 1) / all.Length);
        Assert.InRange(mean, expected - 4 * error, expected + 4 * error);
    }

    private static void EquallyOften<T>(int kinds, IEnumerable<T> values)
        where T : notnull
    {
        var counts = values.CountBy(v => v).ToList();
        Assert.Equal(kinds, counts.Count);
        double expected = (double)counts.Sum(c => c.Value) / kinds;
        Assert.InRange(
            counts.Sum(c => Math.Pow(c.Value - expected, 2) / expected),
            0,
            kinds - 1 + 4.5 * Math.Sqrt(2 * (kinds - 1))
        );
    }

    [Theory, MemberData(nameof(Names))]
    public void ShapeTypeAndGenerator(string name)
    {
        using var scope = NewDisposeScope();
        var generator = new Generator(3);
        var first = ToyData.Sample(name, 1000, generator);
        var state = generator.get_state();
        var second = ToyData.Sample(name, 1000, generator);
        generator.set_state(state);
        Assert.Equal([1000, 2], first.shape);
        Assert.Equal(ScalarType.Float32, first.dtype);
        Assert.True(first.isfinite().all().ToBoolean() && first.abs().max().ToSingle() < 10);
        Assert.Equal(second.data<float>(), ToyData.Sample(name, 1000, generator).data<float>());
        Assert.Equal(first.data<float>(), ToyData.Sample(name, 1000, new Generator(3)).data<float>());
        Assert.NotEqual(first.data<float>(), second.data<float>());
        Assert.Equal([1, 2], ToyData.Sample(name, 1, generator).shape);
    }

    [Fact]
    public void NothingLeaks()
    {
        using var generator = new Generator(1);
        LiveTensors.Collect();
        long before = Tensor.TotalCount;
        foreach (string name in ToyData.Names)
            ToyData.Sample(name, 10, generator).Dispose();
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void EightGaussians()
    {
        var points = Draw("8gaussians");
        EquallyOften(8, points.Select(p => (int)Math.Floor((Math.Atan2(p.Y, p.X) / (Math.PI / 4)) + 8.5) % 8));
        MeanIs(0, points.Select(p => p.X));
        MeanIs(0, points.Select(p => p.Y));
        MeanIs((16 + 2 * 0.25) / (1.414 * 1.414), points.Select(p => p.X * p.X + p.Y * p.Y));
    }

    [Fact]
    public void Checkerboard()
    {
        var points = Draw("checkerboard");
        Assert.All(points, p => Assert.True(Math.Abs(p.X) <= 4 && Math.Abs(p.Y) <= 4));
        Assert.All(points, p => Assert.Equal(0, ((int)Math.Floor(p.X / 2) + (int)Math.Floor(p.Y / 2)) & 1));
        EquallyOften(8, points.Select(p => (Math.Floor(p.X / 2), Math.Floor(p.Y / 2))));
        // Uniform within its square.
        EquallyOften(
            4,
            points.Select(p => (Math.Floor(p.X) - 2 * Math.Floor(p.X / 2), Math.Floor(p.Y) - 2 * Math.Floor(p.Y / 2)))
        );
    }

    [Theory]
    [InlineData("circles", new[] { 1.5, 3.0 }, 0.24)]
    [InlineData("rings", new[] { 0.75, 1.5, 2.25, 3.0 }, 0.08)]
    public void CirclesAndRings(string name, double[] radii, double noise)
    {
        var points = Draw(name);
        var squares = points.Select(p => p.X * p.X + p.Y * p.Y);
        MeanIs(radii.Average(r => r * r) + 2 * noise * noise, squares);
        MeanIs(
            radii.Average(r => Math.Pow(r, 4) + 8 * r * r * noise * noise + 8 * Math.Pow(noise, 4)),
            squares.Select(s => s * s)
        );
        EquallyOften(12, points.Select(p => Math.Floor(6 * (Math.Atan2(p.Y, p.X) / Math.PI + 1))));
    }

    [Fact]
    public void Moons()
    {
        var points = Draw("moons");
        // A moon's circle has mean (0, 2/π) and its twin (1, 1/2 - 2/π): 1/2 and 1/4 together.
        MeanIs(2 * 0.5 - 1, points.Select(p => p.X));
        MeanIs(2 * 0.25 - 0.2, points.Select(p => p.Y));
        var plain = points.Select(p => (X: (p.X + 1) / 2, Y: (p.Y + 0.2) / 2)).ToArray();
        double Distance((double X, double Y) p)
        {
            double upper = Math.Abs(Math.Sqrt(p.X * p.X + p.Y * p.Y) - 1);
            double lower = Math.Abs(Math.Sqrt(Math.Pow(1 - p.X, 2) + Math.Pow(0.5 - p.Y, 2)) - 1);
            return Math.Min(upper, lower);
        }
        Assert.All(plain, p => Assert.InRange(Distance(p), 0, 0.6));
        // 0.1 √(2/π) = 0.08, less where the moons are near each other
        Assert.InRange(plain.Average(Distance), 0.06, 0.085);
    }

    [Fact]
    public void Pinwheel()
    {
        var points = Draw("pinwheel");
        MeanIs(0, points.Select(p => p.X));
        MeanIs(0, points.Select(p => p.Y));
        MeanIs(4 * (1 + 0.3 * 0.3 + 0.1 * 0.1), points.Select(p => p.X * p.X + p.Y * p.Y));
        // Turned back by its radius, a point lies on one of five arms; turned the other way, it does not.
        double Concentration(double twist)
        {
            double[] phases = points
                .Select(p =>
                    5 * (Math.Atan2(-p.Y, p.X) - twist * 0.25 * Math.Exp(Math.Sqrt(p.X * p.X + p.Y * p.Y) / 2))
                )
                .ToArray();
            return Math.Sqrt(Math.Pow(phases.Average(Math.Cos), 2) + Math.Pow(phases.Average(Math.Sin), 2));
        }
        Assert.True(Concentration(1) > 0.8);
        Assert.True(Concentration(-1) < 0.4);
    }

    [Fact]
    public void TwoSpirals()
    {
        var points = Draw("2spirals");
        MeanIs(0, points.Select(p => p.X));
        MeanIs(0, points.Select(p => p.Y));
        // E|arm|² by quadrature over n = √U 3π: the uniform offsets have mean 1/4 and second moment 1/12.
        const int Cells = 100_000;
        double arm = Enumerable
            .Range(0, Cells)
            .Select(i => Math.Sqrt((i + 0.5) / Cells) * 3 * Math.PI)
            .Average(n => n * n + 2 * 0.25 * n * (Math.Sin(n) - Math.Cos(n)) + 2.0 / 12);
        MeanIs(arm / 9 + 0.02, points.Select(p => p.X * p.X + p.Y * p.Y));
    }

    [Fact]
    public void SwissRoll()
    {
        var points = Draw("swissroll");
        double t = 3 * Math.PI;
        MeanIs((t * t / 12 + t * t + 2) / 25, points.Select(p => p.X * p.X + p.Y * p.Y));
        // ∫ t cos t over [3π/2, 9π/2] is 6π, over the length 3π.
        MeanIs(2.0 / 5, points.Select(p => p.X));
    }

    [Fact]
    public void LineAndCos()
    {
        Assert.All(Draw("line"), p => Assert.True(p.X == p.Y && Math.Abs(p.X) <= 2.5));
        Assert.All(Draw("cos"), p => Assert.True(Math.Abs(p.X) <= 2.5 && Math.Abs(p.Y - 2.5 * Math.Sin(p.X)) < 1e-12));
        EquallyOften(10, Draw("cos").Select(p => Math.Floor(2 * p.X)));
    }

    [Fact]
    public void RefusesWhatIsImpossible()
    {
        using var generator = new Generator(1);
        Assert.Contains(
            "8gaussians",
            Assert.Throws<ArgumentException>(() => ToyData.Sample("gaussians", 10, generator)).Message
        );
        Assert.Contains(
            "0 points",
            Assert.Throws<ArgumentException>(() => ToyData.Sample("line", 0, generator)).Message
        );
    }
}
