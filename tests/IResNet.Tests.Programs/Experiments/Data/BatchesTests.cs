using System.Text.Json;
using IResNet.Experiments.Data;

namespace IResNet.Tests.Programs.Experiments.Data;

public class BatchesTests
{
    private static readonly Preprocessing Noisy = new() { Dequantise = true };
    private static readonly ImageSplit Photos = SmallData.Images(23, new(3, 8, 8));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static int[] Indices(Batch batch)
    {
        using (batch)
            return [.. batch.Images.data<float>().Select(x => (int)Math.Floor((x + 0.5) * 256))];
    }

    private static float[] Values(Batch batch)
    {
        using (batch)
            return [.. batch.Images.data<float>(), .. batch.Labels.data<long>().Select(l => (float)l)];
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EveryImageOnceAnEpoch(bool shuffle)
    {
        var batches = new Batches(SmallData.Numbered(100), Noisy, seed: 5, new() { Size = 7, Shuffle = shuffle });
        int[][] orders =
        [
            .. Enumerable.Range(0, 3).Select(_ => batches.Epoch(Cancel).SelectMany(Indices).ToArray()),
        ];
        Assert.All(orders, order => Assert.Equal(Enumerable.Range(0, 100), order.Order()));
        Assert.Equal(shuffle ? 3 : 1, orders.Select(o => string.Join(" ", o)).Distinct().Count());
        Assert.Equal(!shuffle, orders[0].SequenceEqual(Enumerable.Range(0, 100)));
        Assert.Equal(new(5, Epoch: 3), batches.State);
    }

    [Fact]
    public void OrdersAreUniform()
    {
        // The 24 orders of 4 images, 100 expected of each.
        var batches = new Batches(SmallData.Numbered(4), Noisy, seed: 1, new() { Size = 4 });
        var counts = Enumerable
            .Range(0, 2400)
            .Select(_ => string.Join("", Indices(batches.Next(Cancel))))
            .CountBy(o => o)
            .ToList();
        Assert.Equal(24, counts.Count);
        Assert.InRange(
            counts.Sum(c => Math.Pow(c.Value - 100, 2) / 100),
            23 - 4.5 * Math.Sqrt(46),
            23 + 4.5 * Math.Sqrt(46)
        );
    }

    [Theory]
    [InlineData(false, new[] { 4, 4, 2 })]
    [InlineData(true, new[] { 4, 4 })]
    public void LastBatchIsSmallOrLeftOut(bool dropLast, int[] sizes)
    {
        var batches = new Batches(SmallData.Numbered(10), Noisy, seed: 1, new() { Size = 4, DropLast = dropLast });
        Assert.Equal(sizes.Length, batches.PerEpoch);
        for (int epoch = 0; epoch < 3; epoch++)
            Assert.Equal(sizes, batches.Epoch(Cancel).Select(b => Indices(b).Length));
    }

    [Fact]
    public void LabelsStayWithTheirImages()
    {
        var batches = new Batches(SmallData.Numbered(30), Noisy, seed: 2, new() { Size = 30 });
        using var batch = batches.Next(Cancel);
        var (images, labels) = batch;
        Assert.Equal(ScalarType.Int64, labels.dtype);
        Assert.Equal(images.data<float>().Select(x => (long)Math.Floor((x + 0.5) * 256) % 10), labels.data<long>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ResumesAtEveryPosition(bool dropLast)
    {
        var preprocessing = Preprocessing.CifarDensity with { MaxShift = 2 };
        var options = new BatchOptions { Size = 5, DropLast = dropLast };
        var whole = new Batches(Photos, preprocessing, seed: 9, options);
        var states = new List<BatchState> { whole.State };
        var batches = new List<float[]>();
        for (int i = 0; i < 12; i++)
        {
            batches.Add(Values(whole.Next(Cancel)));
            states.Add(whole.State);
        }
        Assert.Equal(12, batches.Select(b => string.Join(" ", b)).Distinct().Count());
        for (int cut = 0; cut < 12; cut++)
        {
            var state = JsonSerializer.Deserialize<BatchState>(JsonSerializer.Serialize(states[cut]));
            var rest = new Batches(Photos, preprocessing, state, options);
            for (int i = cut; i < 12; i++)
                Assert.Equal(batches[i], Values(rest.Next(Cancel)));
            Assert.Equal(whole.State, rest.State);
        }
    }

    [Fact]
    public void NoiseIsNewInEachEpochAndFixedByTheSeed()
    {
        float[] First(ulong seed, int epoch) =>
            Values(
                new Batches(Photos, Noisy, new BatchState(seed, epoch), new() { Size = 5, Shuffle = false }).Next(
                    Cancel
                )
            );
        Assert.Equal(First(1, 0), First(1, 0));
        Assert.NotEqual(First(1, 0), First(1, 1));
        Assert.NotEqual(First(1, 0), First(2, 0));
    }

    [Fact]
    public void AnImagesNoiseDoesNotDependOnTheBatches()
    {
        float[] whole = Values(new Batches(Photos, Noisy, seed: 1, new() { Size = 23, Shuffle = false }).Next(Cancel));
        var small = new Batches(Photos, Noisy, seed: 1, new() { Size = 4, Shuffle = false })
            .Epoch(Cancel)
            .SelectMany(b =>
            {
                using (b)
                    return b.Images.data<float>().ToArray();
            });
        Assert.Equal(whole[..(23 * 192)], small);
    }

    [Fact]
    public void BatchesBelongToTheCallersScope()
    {
        var batches = new Batches(Photos, Noisy, seed: 1, new() { Size = 4 });
        LiveTensors.Collect();
        long before = Tensor.TotalCount;
        for (int i = 0; i < 20; i++)
        {
            using var scope = NewDisposeScope();
            var (x, y) = batches.Next(Cancel);
            Assert.False(x.IsInvalid || y.IsInvalid);
        }
        for (int i = 0; i < 20; i++)
            batches.Next(Cancel).Dispose();
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void TypeOfTheImages()
    {
        using var batch = new Batches(Photos, Noisy, seed: 1, new() { Size = 4, Type = ScalarType.Float64 }).Next(
            Cancel
        );
        Assert.Equal(ScalarType.Float64, batch.Images.dtype);
        Assert.Equal([4, 3, 8, 8], batch.Images.shape);
    }

    [Fact]
    public void CancellationLosesNothing()
    {
        var batches = new Batches(Photos, Noisy, seed: 1, new() { Size = 4 });
        var other = new Batches(Photos, Noisy, seed: 1, new() { Size = 4 });
        Assert.Equal(Values(other.Next(Cancel)), Values(batches.Next(Cancel)));
        for (int i = 0; i < 10; i++)
        {
            try
            {
                batches.Next(new CancellationToken(canceled: true)).Dispose();
                other.Next(Cancel).Dispose(); // it was ready before anybody looked at the token
            }
            catch (OperationCanceledException) { }
            Assert.Equal(other.State, batches.State);
            Assert.Equal(Values(other.Next(Cancel)), Values(batches.Next(Cancel)));
        }
    }

    [Fact]
    public void RefusesWhatIsImpossible()
    {
        Assert.Contains("no images", Refused(() => new Batches(SmallData.Numbered(5)[..0], Noisy, 1)));
        Assert.Contains("Batches of 0", Refused(() => new Batches(Photos, Noisy, 1, new() { Size = 0 })));
        Assert.Contains("Batches of 24", Refused(() => new Batches(Photos, Noisy, 1, new() { Size = 24 })));
        Assert.Contains(
            "Position = 23",
            Refused(() => new Batches(Photos, Noisy, new BatchState(1, 0, 23), new() { Size = 4 }))
        );
        Assert.Contains(
            "Epoch = -1",
            Refused(() => new Batches(Photos, Noisy, new BatchState(1, -1, 0), new() { Size = 4 }))
        );
        Assert.Contains(
            "MaxShift = 9",
            Refused(() => new Batches(Photos, Noisy with { MaxShift = 9 }, 1, new() { Size = 4 }))
        );
        static string Refused(Func<Batches> make) => Assert.Throws<ArgumentException>(make).Message;
    }
}
