using System.Buffers.Binary;
using System.Text;

namespace IResNet.Tests.Programs.Experiments.Drills;

/// <summary>
/// Files made to mislead the reader of weights: each a typed error that says what is wrong, without the memory that it
/// asks for.
/// </summary>
[Trait("Category", Drill.Category)]
public class SafeTensorsCorpusDrill
{
    private const string Good = """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""";

    public static TheoryData<string, string, int> Headers =>
        new()
        {
            {
                "overlap",
                """
                {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
                "b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}
                """,
                12
            },
            {
                "the same bytes twice",
                """
                {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
                "b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}
                """,
                8
            },
            {
                "a hole",
                """
                {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
                "b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}
                """,
                12
            },
            { "beyond the end", """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", 8 },
            {
                "far beyond the end",
                """{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}""",
                8
            },
            { "negative offset", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", 8 },
            { "offsets reversed", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8 },
            { "three offsets", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", 8 },
            { "fractional offset", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8.5]}}""", 8 },
            { "negative size", """{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8 },
            {
                "a product that overflows to the right size",
                """{"a":{"dtype":"F32","shape":[4611686018427387904,4,2],"data_offsets":[0,8]}}""",
                8
            },
            {
                "sizes that overflow",
                """{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,8]}}""",
                8
            },
            { "shape of other size", """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8 },
            { "unknown type", """{"a":{"dtype":"F8","shape":[2],"data_offsets":[0,8]}}""", 8 },
            { "type that is no text", """{"a":{"dtype":32,"shape":[2],"data_offsets":[0,8]}}""", 8 },
            { "no type", """{"a":{"shape":[2],"data_offsets":[0,8]}}""", 8 },
            { "no shape", """{"a":{"dtype":"F32","data_offsets":[0,8]}}""", 8 },
            { "no offsets", """{"a":{"dtype":"F32","shape":[2]}}""", 8 },
            {
                "one name twice",
                """
                {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
                "a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}
                """,
                8
            },
            { "a key twice", """{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8 },
            { "no object", "[]", 0 },
            { "null", "null", 0 },
            { "a tensor that is a number", """{"a":7}""", 0 },
            { "metadata that are no object", """{"__metadata__":[1]}""", 0 },
            { "metadata that are no text", """{"__metadata__":{"a":1}}""", 0 },
            { "cut JSON", """{"a":{"dtype":"F32","shape":[2]""", 8 },
            { "no JSON", "weights!", 8 },
            { "deep nesting", new string('[', 5000), 8 },
            { "a tail", Good, 9 },
            { "no data", Good, 0 },
        };

    [Theory, MemberData(nameof(Headers))]
    public void MisleadingHeader(string what, string header, int dataBytes)
    {
        LiveTensors.Collect();
        long count = Tensor.TotalCount;
        var fault = Assert.Throws<WeightsFormatException>(() =>
            Read(Encoding.UTF8.GetByteCount(header), Encoding.UTF8.GetBytes(header), dataBytes)
        );
        Assert.False(string.IsNullOrWhiteSpace(fault.Message), what);
        Assert.Equal(count, Tensor.TotalCount);
    }

    [Theory]
    [
        InlineData(0),
        InlineData(1),
        InlineData(-1),
        InlineData(long.MaxValue),
        InlineData(long.MinValue),
        InlineData(100_000_001),
        InlineData(1L << 40)
    ]
    public void MisleadingHeaderLength(long length)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<WeightsFormatException>(() => Read(length, Encoding.UTF8.GetBytes(Good), 8));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    /// <summary>Negative control: the file that all of these differ from is read.</summary>
    [Fact]
    public void TheRightFileIsRead()
    {
        using var file = Read(Good.Length, Encoding.UTF8.GetBytes(Good), 8);
        Assert.Equal([2], file["a"].shape);
    }

    private static TensorFile Read(long length, byte[] header, int dataBytes)
    {
        byte[] bytes = new byte[8 + header.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, length);
        header.CopyTo(bytes, 8);
        return SafeTensors.Read(new MemoryStream(bytes));
    }
}
