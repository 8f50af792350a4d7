using System.Buffers.Binary;
using System.Text;

namespace IResNet.Tests.Weights;

/// <summary>Files put together by hand, right or wrong.</summary>
internal static class Handmade
{
    public static MemoryStream File(string header, byte[] data, ulong? length = null)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] bytes = new byte[8 + json.Length + data.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length ?? (ulong)json.Length);
        json.CopyTo(bytes, 8);
        data.CopyTo(bytes, 8 + json.Length);
        return new MemoryStream(bytes);
    }

    /// <summary>A small valid file with several types, a scalar, an empty tensor and metadata.</summary>
    public static byte[] Small()
    {
        using var scope = NewDisposeScope();
        var stream = new MemoryStream();
        SafeTensors.Write(
            stream,
            new Dictionary<string, Tensor>
            {
                ["a"] = tensor(new[] { 1f, 2, 3, 4 }).view(2, 2),
                ["b"] = tensor(5L),
                ["c"] = zeros(0, 3),
                ["d"] = tensor(new[] { true, false }),
            },
            new Dictionary<string, string> { ["kind"] = "test" }
        );
        return stream.ToArray();
    }
}
