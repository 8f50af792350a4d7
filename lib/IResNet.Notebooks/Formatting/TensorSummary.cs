using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Notebooks;

/// <summary>
/// A tensor in few lines: type, shape and device; smallest, mean and largest value; some of the values. A scalar is its
/// number alone. The tensor is not changed, and no temporary outlives the call.
/// </summary>
internal static class TensorSummary
{
    // So many values of a vector or row, and so many rows of a matrix, are shown; of longer ones the first and the last
    // half of them.
    private const int Most = 8;

    public static string Of(Tensor tensor)
    {
        if (tensor.IsInvalid)
            return "disposed tensor";
        using var scope = NewDisposeScope();
        string grad = tensor.requires_grad ? ", requires grad" : "";
        string kind = $"{Name(tensor.dtype)} [{string.Join(", ", tensor.shape)}] on {tensor.device}{grad}";
        if (tensor.device_type == DeviceType.META || tensor.NumberOfElements == 0 || tensor.is_complex())
            return kind;

        var own = tensor.detach().to_dense();
        return own.dim() == 0 ? Number(own) : $"{kind}\n{Range(own)}\n{Values(own)}";
    }

    /// <summary>The element type's name as PyTorch writes it.</summary>
    public static string Name(ScalarType type) =>
        type switch
        {
            ScalarType.Byte => "uint8",
            ScalarType.ComplexFloat32 => "complex64",
            ScalarType.ComplexFloat64 => "complex128",
            _ => type.ToString().ToLowerInvariant(),
        };

    private static string Range(Tensor tensor)
    {
        if (tensor.dtype == ScalarType.Bool)
            return $"{tensor.sum().ToInt64()} of {tensor.numel()} true";
        var finite = tensor.isfinite();
        long missing = tensor.numel() - finite.sum().ToInt64();
        if (missing == tensor.numel())
            return "no finite value";
        var values = missing == 0 ? tensor : tensor.masked_select(finite);
        double mean = values.sum(ScalarType.Float64).ToDouble() / values.numel();
        string range = string.Create(
            CultureInfo.InvariantCulture,
            $"min {Number(values.min())}, mean {mean:G5}, max {Number(values.max())}"
        );
        return missing == 0 ? range : $"{range}, {missing} not finite";
    }

    private static string Values(Tensor tensor)
    {
        if (tensor.dim() == 1)
            return Row(tensor);
        if (tensor.dim() == 2)
            return string.Join('\n', Shortened(tensor.shape[0], i => Row(tensor[i])));
        string place = string.Concat(Enumerable.Repeat("0, ", (int)tensor.dim() - 1));
        while (tensor.dim() > 1)
            tensor = tensor[0];
        return $"[{place}:] = {Row(tensor)}";
    }

    private static string Row(Tensor row) => $"[{string.Join(", ", Shortened(row.shape[0], i => Number(row[i])))}]";

    private static IEnumerable<string> Shortened(long count, Func<long, string> item)
    {
        for (long i = 0; i < count; i++)
        {
            if (count > Most && i == Most / 2)
            {
                yield return "…";
                i = count - Most / 2;
            }
            yield return item(i);
        }
    }

    private static string Number(Tensor scalar) =>
        scalar.dtype switch
        {
            ScalarType.Bool => scalar.ToBoolean() ? "true" : "false",
            _ when scalar.is_floating_point() => scalar
                .to(ScalarType.Float64)
                .ToDouble()
                .ToString("G5", CultureInfo.InvariantCulture),
            _ => scalar.to(ScalarType.Int64).ToInt64().ToString(CultureInfo.InvariantCulture),
        };
}
