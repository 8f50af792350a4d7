namespace IResNet.Experiments.Data;

/// <summary>
/// The binary format of CIFAR: rows of one label byte (CIFAR-100: the coarse label, then the fine one) and 3 x 32 x 32
/// pixels, the red plane first.
/// </summary>
internal static class CifarReader
{
    public static readonly ImageShape Shape = new(3, 32, 32);

    /// <summary>Bytes of one row.</summary>
    public static int RowBytes(int labelBytes) => labelBytes + Shape.Dimensions;

    /// <summary>Rows in a file of this length.</summary>
    public static int Rows(string file, long length, int labelBytes)
    {
        var (rows, rest) = Math.DivRem(length, RowBytes(labelBytes));
        return rows is > 0 and < int.MaxValue && rest == 0
            ? (int)rows
            : throw new DataFormatException(
                file,
                $"{length:N0} bytes",
                $"a multiple of {RowBytes(labelBytes)} bytes (label and 3x32x32 pixels)"
            );
    }

    /// <summary>
    /// Splits rows into images and labels (the last label byte), each below <paramref name="classes"/>.
    /// </summary>
    public static void Read(
        string file,
        ReadOnlySpan<byte> content,
        int labelBytes,
        int classes,
        Span<byte> images,
        Span<byte> labels
    )
    {
        int row = RowBytes(labelBytes);
        for (int i = 0; i < Rows(file, content.Length, labelBytes); i++)
        {
            byte label = content[i * row + labelBytes - 1];
            if (label >= classes)
                throw new DataFormatException(file, $"label {label} in row {i:N0}", $"labels 0 to {classes - 1}");
            labels[i] = label;
            content.Slice(i * row + labelBytes, Shape.Dimensions).CopyTo(images[(i * Shape.Dimensions)..]);
        }
    }
}
