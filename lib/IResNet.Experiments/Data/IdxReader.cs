using System.Buffers.Binary;

namespace IResNet.Experiments.Data;

/// <summary>
/// The IDX format of MNIST: a magic number (type 8 = unsigned byte, number of dimensions), the sizes as big-endian
/// int32, then the bytes.
/// </summary>
internal static class IdxReader
{
    /// <summary>Reads n labels, each below <paramref name="classes"/>.</summary>
    public static ReadOnlyMemory<byte> Labels(string file, byte[] content, int classes)
    {
        var (_, labels) = Read(file, content, dimensions: 1);
        if (labels.Span.IndexOfAnyInRange((byte)classes, byte.MaxValue) is var bad and >= 0)
            throw new DataFormatException(
                file,
                $"label {labels.Span[bad]} at position {bad:N0}",
                $"labels 0 to {classes - 1}"
            );
        return labels;
    }

    /// <summary>Reads n images of one channel.</summary>
    public static (ImageShape Shape, ReadOnlyMemory<byte> Pixels) Images(string file, byte[] content)
    {
        var (sizes, pixels) = Read(file, content, dimensions: 3);
        return (new ImageShape(1, sizes[1], sizes[2]), pixels);
    }

    private static (int[] Sizes, ReadOnlyMemory<byte> Data) Read(string file, byte[] content, int dimensions)
    {
        int header = 4 + 4 * dimensions;
        if (content.Length < header)
            throw new DataFormatException(file, $"{content.Length} bytes", $"an IDX header of {header} bytes");
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(content);
        if (magic != 0x800u + (uint)dimensions)
            throw new DataFormatException(
                file,
                $"magic number 0x{magic:x8}",
                $"0x{0x800 + dimensions:x8} (unsigned bytes, {dimensions} dimensions)"
            );

        int[] sizes = new int[dimensions];
        long total = 1;
        for (int i = 0; i < dimensions; i++)
        {
            sizes[i] = BinaryPrimitives.ReadInt32BigEndian(content.AsSpan(4 + 4 * i));
            if (sizes[i] < 1)
                throw new DataFormatException(file, $"size {sizes[i]} in dimension {i}", "a positive size");
            // No file here is larger than an array, so a product beyond that is wrong, and stopping there avoids its
            // overflow.
            total = Math.Min(total * sizes[i], int.MaxValue);
        }
        if (content.Length - header != total)
            throw new DataFormatException(
                file,
                $"{content.Length - header:N0} bytes of data",
                $"{string.Join(" x ", sizes)} bytes"
            );
        return (sizes, content.AsMemory(header));
    }
}
