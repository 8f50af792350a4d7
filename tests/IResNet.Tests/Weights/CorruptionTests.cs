namespace IResNet.Tests.Weights;

/// <summary>
/// Damaged weights files: a typed error or a file that is valid in itself, never anything else, never more memory than
/// the file is worth, no tensor left behind.
/// </summary>
public class CorruptionTests
{
    private static readonly byte[] Small = Handmade.Small();

    private static readonly int Header = 8 + (int)BitConverter.ToInt64(Small);

    /// <summary>
    /// Every bit of every byte. A flip in the data changes that number and nothing else; one in the header may make
    /// another valid header, of the same total size.
    /// </summary>
    [Fact]
    public void EveryFlippedBit()
    {
        int refused = 0,
            loaded = 0;
        Assert.Equal(
            0,
            LiveTensors.Growth(() =>
            {
                for (int position = 0; position < Small.Length; position++)
                    for (int bit = 0; bit < 8; bit++)
                    {
                        byte[] bytes = (byte[])Small.Clone();
                        bytes[position] ^= (byte)(1 << bit);
                        try
                        {
                            using var file = SafeTensors.Read(new MemoryStream(bytes));
                            loaded++;
                            Assert.True(position >= 8, "the header's length");
                            Assert.Equal(
                                Small.Length - Header,
                                file.Tensors.Values.Sum(tensor => tensor.numel() * tensor.element_size())
                            );
                            if (position < Header)
                                continue;
                            Assert.Equal(
                                bytes[Header..],
                                file.Tensors.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                                    .SelectMany(pair => pair.Value.bytes.ToArray())
                            );
                        }
                        catch (WeightsFormatException)
                        {
                            refused++;
                            Assert.True(position < Header, "data is not judged");
                        }
                    }
            })
        );
        Assert.True(
            refused > 4 * Header && loaded >= 8 * (Small.Length - Header),
            $"{refused} refused, {loaded} loaded"
        );
    }

    [Fact]
    public void EveryTruncationAndATail()
    {
        Assert.Equal(
            0,
            LiveTensors.Growth(() =>
            {
                for (int length = 0; length < Small.Length; length++)
                    Assert.Throws<WeightsFormatException>(() => SafeTensors.Read(new MemoryStream(Small[..length])));
                for (int more = 1; more <= 8; more++)
                    Assert.Throws<WeightsFormatException>(() =>
                        SafeTensors.Read(new MemoryStream([.. Small, .. new byte[more]]))
                    );
            })
        );
        using var whole = SafeTensors.Read(new MemoryStream(Small));
        Assert.Equal(4, whole.Tensors.Count);
    }

    /// <summary>A length that the file does not hold is refused before anything of that size is asked for.</summary>
    [
        Theory,
        InlineData(0),
        InlineData(1),
        InlineData(70),
        InlineData(99_999_999),
        InlineData(100_000_001),
        InlineData(long.MaxValue),
        InlineData(ulong.MaxValue),
        InlineData(1UL << 63)
    ]
    public void ImpossibleHeaderLength(ulong length)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<WeightsFormatException>(() =>
            SafeTensors.Read(
                Handmade.File("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", new byte[4], length)
            )
        );
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    public static TheoryData<string> Headers =>
        new(
            "",
            " ",
            "[]",
            "null",
            "3",
            "\"a\"",
            "{",
            "}",
            "{}}",
            "{\"a\"}",
            "nonsense",
            "<html></html>",
            """{"a":null}""",
            """{"a":[]}""",
            """{"a":{}}""",
            """{"a":3}""",
            """{"a":{"shape":[1],"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"F32","data_offsets":[0,4]}}""",
            """{"a":{"dtype":"F32","shape":[1]}}""",
            """{"a":{"dtype":null,"shape":[1],"data_offsets":[0,4]}}""",
            """{"a":{"dtype":3,"shape":[1],"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"","shape":[1],"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"F32","shape":null,"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"F32","shape":[1e400],"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""",
            """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""",
            """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""",
            """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
            """{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}""",
            """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,null]}}""",
            """{"a":{"dtype":"F32","shape":[1],"data_offsets":"0,4"}}""",
            """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""",
            // overlap, gap, tail, doubles
            """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"""
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
            """{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"""
                + "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}",
            """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"""
                + "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}",
            """{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}""",
            "{}",
            """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"""
                + "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}",
            """{"a":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"""
                + "\"\\u0061\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}",
            // metadata
            """{"__metadata__":3,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
            """{"__metadata__":{"k":3},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
            """{"__metadata__":{"k":null},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
            """{"__metadata__":{"k":"1","k":"2"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
            // sizes that overflow, by themselves or beside a zero
            """{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"F32","shape":[9223372036854775807,2],"data_offsets":[0,4]}}""",
            """{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}""",
            """{"z":{"dtype":"F32","shape":[0,9223372036854775807,5],"data_offsets":[0,0]},"""
                + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
            """{"z":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807,0],"data_offsets":[0,0]},"""
                + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}"
        );

    [Theory, MemberData(nameof(Headers))]
    public void DamagedHeader(string header)
    {
        Assert.Throws<WeightsFormatException>(() => SafeTensors.Read(Handmade.File(header, new byte[4])));
    }

    /// <summary>
    /// A file that turns out to be short only while its data is read, after tensors were made for it.
    /// </summary>
    [Fact]
    public void FailureWhileReadingLeavesNoTensors() =>
        Assert.Equal(
            0,
            LiveTensors.Growth(() => Assert.ThrowsAny<Exception>(() => SafeTensors.Read(new Shrinking(Small))))
        );

    /// <summary>The control of the list above: the same reader takes the right one.</summary>
    [Fact]
    public void RightHeaderIsTaken()
    {
        using var file = SafeTensors.Read(
            Handmade.File("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", new byte[4])
        );
        Assert.Equal(0, file["a"].ToDouble());
    }

    [Fact]
    public void BytesThatAreNoTextAreRefused()
    {
        foreach (byte bad in new byte[] { 0x00, 0x80, 0xC0, 0xFF })
        {
            byte[] bytes = Handmade
                .File("""{"a?":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", new byte[4])
                .ToArray();
            bytes[Array.IndexOf(bytes, (byte)'?')] = bad;
            Assert.Throws<WeightsFormatException>(() => SafeTensors.Read(new MemoryStream(bytes)));
        }
    }

    [Fact]
    public void DeepNestingAndManyAxesDoNotOverflow()
    {
        Assert.Throws<WeightsFormatException>(() => SafeTensors.Read(Handmade.File(new string('[', 100_000), [])));
        Assert.Throws<WeightsFormatException>(() =>
            SafeTensors.Read(Handmade.File(string.Concat(Enumerable.Repeat("{\"a\":", 100_000)), []))
        );
        string axes = string.Join(",", Enumerable.Repeat("1", 10_000));
        try
        {
            using var file = SafeTensors.Read(
                Handmade.File("{\"a\":{\"dtype\":\"U8\",\"shape\":[" + axes + "],\"data_offsets\":[0,1]}}", [9])
            );
            Assert.Equal([9], file["a"].bytes.ToArray());
        }
        catch (WeightsFormatException) { }
    }

    /// <summary>Says that it is longer than it is.</summary>
    private sealed class Shrinking(byte[] bytes) : MemoryStream(bytes[..^3])
    {
        public override long Length => base.Length + 3;
    }
}
