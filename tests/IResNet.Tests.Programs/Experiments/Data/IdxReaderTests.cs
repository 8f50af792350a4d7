using IResNet.Experiments.Data;

namespace IResNet.Tests.Programs.Experiments.Data;

public class IdxReaderTests
{
    // Two images of 2x3.
    private static readonly byte[] Images =
    [
        0,
        0,
        8,
        3,
        0,
        0,
        0,
        2,
        0,
        0,
        0,
        2,
        0,
        0,
        0,
        3,
        .. Enumerable.Range(1, 12).Select(i => (byte)i),
    ];
    private static readonly byte[] Labels = [0, 0, 8, 1, 0, 0, 0, 4, 0, 9, 5, 1];

    private static string Refused(Action read) => Assert.Throws<DataFormatException>(read).Message;

    private static byte[] With(byte[] content, int at, params byte[] values)
    {
        byte[] changed = [.. content];
        values.CopyTo(changed, at);
        return changed;
    }

    [Fact]
    public void Reads()
    {
        var (shape, pixels) = IdxReader.Images("f", Images);
        Assert.Equal(new(1, 2, 3), shape);
        Assert.Equal(Images[16..], pixels.ToArray());
        Assert.Equal([0, 9, 5, 1], IdxReader.Labels("f", Labels, 10).ToArray());
    }

    [Fact]
    public void SaysWhatIsWrong()
    {
        Assert.Equal(
            "f: found magic number 0x00000801; expected 0x00000803 (unsigned bytes, 3 dimensions).",
            Refused(() => IdxReader.Images("f", [.. Labels, 0, 0, 0, 0, 0, 0]))
        );
        Assert.Contains("0x00000d03", Refused(() => IdxReader.Images("f", With(Images, 2, 13))));
        Assert.Contains(
            "found 3 bytes; expected an IDX header of 16 bytes",
            Refused(() => IdxReader.Images("f", Images[..3]))
        );
        Assert.Contains(
            "found 11 bytes of data; expected 2 x 2 x 3 bytes",
            Refused(() => IdxReader.Images("f", Images[..^1]))
        );
        Assert.Contains("found 13 bytes of data", Refused(() => IdxReader.Images("f", [.. Images, 0])));
        Assert.Contains("size 0 in dimension 0", Refused(() => IdxReader.Images("f", With(Images, 7, 0))));
        Assert.Contains(
            "size -1 in dimension 2",
            Refused(() => IdxReader.Images("f", With(Images, 12, 255, 255, 255, 255)))
        );
        Assert.Contains(
            "2147483647 x 2147483647 x 3",
            Refused(() => IdxReader.Images("f", With(Images, 4, 127, 255, 255, 255, 127, 255, 255, 255)))
        );
        Assert.Contains(
            "found label 10 at position 2; expected labels 0 to 9",
            Refused(() => IdxReader.Labels("f", With(Labels, 10, 10), 10))
        );
    }

    [Fact]
    public void EveryTruncationIsRefused()
    {
        for (int length = 0; length < Images.Length; length++)
            Refused(() => IdxReader.Images("f", Images[..length]));
        for (int length = 0; length < Labels.Length; length++)
            Refused(() => IdxReader.Labels("f", Labels[..length], 10));
    }

    [Fact]
    public void EveryFlippedBitOfTheHeaderIsRefused()
    {
        for (int bit = 0; bit < 8 * 16; bit++)
            Refused(() => IdxReader.Images("f", With(Images, bit / 8, (byte)(Images[bit / 8] ^ (1 << bit % 8)))));
    }

    [Fact]
    public void RandomBytesGiveNothingButTypedErrors()
    {
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] content = new byte[random.Next(64)];
            random.NextBytes(content);
            // Half of them with a right magic number, to come further.
            if (i % 2 == 0 && content.Length >= 16)
                new byte[] { 0, 0, 8, 3, 0, 0, 0, (byte)random.Next(4), 0, 0, 0, (byte)random.Next(4) }.CopyTo(
                    content,
                    0
                );
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                IdxReader.Images("f", content);
            }
            catch (DataFormatException) { }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 100_000);
        }
    }
}
