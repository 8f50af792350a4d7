using IResNet.Experiments.Data;

namespace IResNet.Tests.Programs.Experiments.Data;

public class PreprocessingTests
{
    private static readonly ImageShape Digit = new(1, 28, 28);
    private static readonly ImageShape Photo = new(3, 32, 32);

    private static float[] Values(Preprocessing preprocessing, ImageSplit images, ulong seed = 1)
    {
        using var x = preprocessing.ToTensor(images, seed);
        return [.. x.data<float>()];
    }

    [Fact]
    public void DequantisationKeepsThePixel()
    {
        var images = SmallData.Images(20, Digit);
        float[] values = Values(Preprocessing.MnistDensity, images);
        Assert.All(values, x => Assert.InRange(x, -0.5f, MathF.BitDecrement(0.5f)));
        Assert.Equal(images.Images.ToArray(), values.Select(x => (byte)Math.Floor((x + 0.5) * 256)));
    }

    /// <summary>For a logit: the same numbers half further up, and back to the same pixels.</summary>
    [Fact]
    public void UncentredImagesLieInTheUnitInterval()
    {
        var images = SmallData.Images(20, Digit);
        var (values, centred) = (
            Values(Preprocessing.LogitDensity(flip: false), images),
            Values(Preprocessing.MnistDensity, images)
        );
        Assert.All(values, x => Assert.InRange(x, 0, MathF.BitDecrement(1f)));
        Assert.Equal(centred, values.Select(x => x - 0.5f));
        using var x = Preprocessing.LogitDensity(flip: false).ToTensor(images, 1);
        using var pixels = Preprocessing.LogitDensity(flip: false).ToPixels(x);
        Assert.Equal(images.Images.ToArray(), pixels.data<float>().Select(p => (byte)Math.Round(255 * p)));
    }

    [Fact]
    public void DequantisationNoiseIsUniform()
    {
        var images = SmallData.Images(200, Digit);
        double[] noise = Values(Preprocessing.MnistDensity, images)
            .Zip(images.Images.ToArray(), (x, p) => (x + 0.5) * 256 - p)
            .ToArray();
        int n = noise.Length;
        Assert.All(noise, u => Assert.InRange(u, 0, 1));
        // Standard errors of mean 1/2 (variance 1/12), second moment 1/3 (4/45) and lag-one product 1/4 (7/144, and
        // twice the covariance 1/48 of neighbours).
        Assert.InRange(noise.Average(), 0.5 - 4 * Math.Sqrt(1.0 / 12 / n), 0.5 + 4 * Math.Sqrt(1.0 / 12 / n));
        Assert.InRange(
            noise.Average(u => u * u),
            1.0 / 3 - 4 * Math.Sqrt(4.0 / 45 / n),
            1.0 / 3 + 4 * Math.Sqrt(4.0 / 45 / n)
        );
        double lag = noise.Zip(noise.Skip(1), (a, b) => a * b).Average();
        Assert.InRange(
            lag,
            0.25 - 4 * Math.Sqrt((7.0 / 144 + 2.0 / 48) / n),
            0.25 + 4 * Math.Sqrt((7.0 / 144 + 2.0 / 48) / n)
        );
    }

    [Fact]
    public void OfficialMnistHasThreeChannelsWithTheirOwnNoise()
    {
        var images = SmallData.Images(1, Digit);
        Assert.Equal(new(3, 32, 32), Preprocessing.MnistDensityOfficial.Output(Digit));
        float[] x = Values(Preprocessing.MnistDensityOfficial, images);
        for (int k = 0; k < 1024; k++)
        {
            var (row, column) = (k / 32 - 2, k % 32 - 2);
            int pixel = row is >= 0 and < 28 && column is >= 0 and < 28 ? images.Image(0)[28 * row + column] : 0;
            for (int c = 0; c < 3; c++)
                Assert.Equal(pixel, Math.Floor((x[1024 * c + k] + 0.5) * 256));
        }
        Assert.NotEqual(x[..1024], x[1024..2048]);
        Assert.NotEqual(x[1024..2048], x[2048..]);
    }

    [Fact]
    public void NormalisesByChannel()
    {
        var images = SmallData.Images(2, Photo);
        float[] x = Values(Preprocessing.Cifar10Classification.ForEvaluation(), images);
        double[] mean = [.4914, .4822, .4465],
            std = [.2023, .1994, .2010];
        for (int k = 0; k < x.Length; k++)
        {
            int c = k / 1024 % 3;
            Assert.Equal((images.Images.Span[k] / 255.0 - mean[c]) / std[c], x[k], 1e-5);
        }
    }

    [Fact]
    public void ClassifiesMnistInHalfUnits()
    {
        var images = new ImageSplit(new(1, 1, 3), new byte[] { 0, 51, 255 }, new byte[] { 0 });
        Assert.Equal([-0.5f, -0.3f, 0.5f], Values(new(), images), (a, b) => Math.Abs(a - b) < 1e-7);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void ShiftsShowTheSymmetricallyPaddedImage(int most)
    {
        const int H = 6,
            W = 5;
        var images = SmallData.Images(1, new(2, H, W));
        byte[] source = images.Image(0).ToArray();
        // Independent construction: symmetric padding as numpy's, then all crops.
        static int Inside(int i, int n) =>
            Enumerable
                .Range(0, n)
                .Concat(Enumerable.Range(0, n).Reverse())
                .ElementAt(((i % (2 * n)) + 2 * n) % (2 * n));
        var crops = new Dictionary<string, (int, int)>();
        for (int down = -most; down <= most; down++)
            for (int right = -most; right <= most; right++)
            {
                var crop =
                    from c in Enumerable.Range(0, 2)
                    from i in Enumerable.Range(0, H)
                    from j in Enumerable.Range(0, W)
                    select source[(c * H + Inside(i + down, H)) * W + Inside(j + right, W)];
                crops[string.Join(",", crop)] = (down, right);
            }

        var preprocessing = new Preprocessing { MaxShift = most, Dequantise = true };
        var counts = new Dictionary<(int, int), int>();
        int cells = (2 * most + 1) * (2 * most + 1);
        for (int seed = 0; seed < 100 * cells; seed++)
        {
            string key = string.Join(
                ",",
                Values(preprocessing, images, (ulong)seed).Select(x => (int)Math.Floor((x + 0.5) * 256))
            );
            Assert.True(crops.TryGetValue(key, out var shift), $"seed {seed} shows no crop of the padded image");
            counts[shift] = counts.GetValueOrDefault(shift) + 1;
        }
        Assert.Equal(cells, counts.Count);
        double chi2 = counts.Values.Sum(c => Math.Pow(c - 100, 2) / 100);
        Assert.InRange(
            chi2,
            cells - 1 - 4.5 * Math.Sqrt(2 * (cells - 1)),
            cells - 1 + 4.5 * Math.Sqrt(2 * (cells - 1))
        );
    }

    /// <summary>
    /// A linear ramp through a linear map is another ramp: its two slopes are a row of I + M, up to rounding. One
    /// channel has the ramp that falls, the other the one that runs across.
    /// </summary>
    [Fact]
    public void WarpsAreLinearMapsAboutTheMiddle()
    {
        const int N = 17,
            Middle = N / 2,
            Draws = 400;
        const double Most = 0.2,
            Slope = 10;
        var ramps =
            from c in Enumerable.Range(0, 2)
            from i in Enumerable.Range(-Middle, N)
            from j in Enumerable.Range(-Middle, N)
            select (byte)(128 + Slope * (c == 0 ? i : j));
        var images = new ImageSplit(new(2, N, N), ramps.ToArray(), new byte[1]);
        var preprocessing = new Preprocessing { MaxWarp = Most, Dequantise = true };
        Assert.Equal(Values(new() { Dequantise = true }, images), Values(preprocessing.ForEvaluation(), images));
        var entries = new List<double>();
        for (int seed = 0; seed < Draws; seed++)
        {
            double[] grey = [.. Values(preprocessing, images, (ulong)seed).Select(x => Math.Floor((x + 0.5) * 256))];
            double At(int c, int i, int j) => grey[(c * N + Middle + i) * N + Middle + j];
            foreach (int c in new[] { 0, 1 })
            {
                Assert.Equal(128, At(c, 0, 0));
                var (falls, runs) = ((At(c, 5, 0) - At(c, -5, 0)) / 10, (At(c, 0, 5) - At(c, 0, -5)) / 10);
                Assert.InRange(At(c, 4, -3) - 128 - 4 * falls + 3 * runs, -1.5, 1.5);
                entries.AddRange([falls / Slope - (c == 0 ? 1 : 0), runs / Slope - (c == 1 ? 1 : 0)]);
            }
        }
        // Rounding moves a slope by a tenth of a grey level a pixel at most.
        Assert.All(entries, entry => Assert.InRange(entry, -Most - 0.01, Most + 0.01));
        for (int entry = 0; entry < 4; entry++)
        {
            double[] drawn = [.. entries.Where((_, i) => i % 4 == entry)];
            // Uniform: mean 0 and variance w²/3, with 4 standard errors.
            Assert.InRange(drawn.Average(), -4 * Most / Math.Sqrt(3 * Draws), 4 * Most / Math.Sqrt(3 * Draws));
            double variance = drawn.Average(m => m * m) / (Most * Most / 3);
            Assert.InRange(variance, 1 - 4 * Math.Sqrt(0.8 / Draws), 1 + 4 * Math.Sqrt(0.8 / Draws));
        }
    }

    /// <summary>A long image is warped by more than it is high: the mirrored border goes on.</summary>
    [Fact]
    public void LongImagesAreWarpedToo()
    {
        var images = SmallData.Images(1, new(1, 2, 64));
        byte[] pixels = images.Image(0).ToArray();
        for (ulong seed = 0; seed < 20; seed++)
            Assert.All(
                Values(new() { MaxWarp = 0.49, Dequantise = true }, images, seed),
                x => Assert.InRange((int)Math.Floor((x + 0.5) * 256), pixels.Min(), pixels.Max())
            );
    }

    [Fact]
    public void FlipsHalfOfTheImages()
    {
        const int N = 10_000;
        var images = new ImageSplit(
            new(1, 1, 2),
            Enumerable.Range(0, 2 * N).Select(i => (byte)(i % 2)).ToArray(),
            new byte[N]
        );
        float[] x = Values(new() { Flip = true }, images);
        int flipped = Enumerable.Range(0, N).Count(i => x[2 * i] > x[2 * i + 1]);
        Assert.All(Enumerable.Range(0, N), i => Assert.NotEqual(x[2 * i], x[2 * i + 1]));
        Assert.InRange(flipped, N / 2 - 4 * Math.Sqrt(N) / 2, N / 2 + 4 * Math.Sqrt(N) / 2);
    }

    [Fact]
    public void SeedDecidesEverything()
    {
        var images = SmallData.Images(5, Photo);
        Assert.Equal(Values(Preprocessing.CifarDensity, images, 3), Values(Preprocessing.CifarDensity, images, 3));
        Assert.NotEqual(Values(Preprocessing.CifarDensity, images, 3), Values(Preprocessing.CifarDensity, images, 4));
    }

    [Fact]
    public void PixelsComeBack()
    {
        var images = SmallData.Images(4, Photo);
        foreach (
            var preprocessing in new[]
            {
                Preprocessing.CifarDensity.ForEvaluation(),
                Preprocessing.Cifar100Classification.ForEvaluation(),
            }
        )
        {
            using var scope = NewDisposeScope();
            var pixels = preprocessing.ToPixels(preprocessing.ToTensor(images, 1));
            Assert.Equal(images.Images.ToArray(), pixels.data<float>().Select(p => (byte)Math.Round(255 * p)));
            Assert.Equal(1f, preprocessing.ToPixels(torch.full([1, 3, 2, 2], 9f)).max().ToSingle());
        }
    }

    [Fact]
    public void RefusesWhatIsImpossible()
    {
        var images = SmallData.Images(1, Digit);
        Assert.Contains("29", Refused(new() { MaxShift = 29 }));
        Assert.Contains("-1", Refused(new() { MaxShift = -1 }));
        Assert.Contains("MaxWarp = 0.5", Refused(new() { MaxWarp = 0.5 }));
        Assert.Contains("MaxWarp = -0.1", Refused(new() { MaxWarp = -0.1 }));
        Assert.Contains("MaxWarp = NaN", Refused(new() { MaxWarp = double.NaN }));
        Assert.Contains("-2", Refused(new() { Pad = -2 }));
        Assert.Contains("Copies = 0", Refused(new() { Copies = 0 }));
        Assert.Contains("Mean has 3 values", Refused(new() { Mean = [1, 2, 3] }));
        Assert.Contains("Std = 0", Refused(new() { Std = [0] }));
        Assert.Contains("Std = NaN", Refused(new() { Std = [double.NaN] }));
        string Refused(Preprocessing preprocessing) =>
            Assert.Throws<ArgumentException>(() => preprocessing.ToTensor(images, 1)).Message;
    }
}
