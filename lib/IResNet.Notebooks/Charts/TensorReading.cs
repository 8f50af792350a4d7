using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Notebooks;

/// <summary>
/// Copies tensors into arrays. The tensor is neither changed nor disposed, and no temporary outlives the call.
/// </summary>
internal static class TensorReading
{
    /// <summary>All elements in row-major order, whatever the shape, layout, device and real element type.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="rows">How many entries of the first dimension to read; all by default.</param>
    /// <exception cref="ArgumentException">The tensor is disposed or complex.</exception>
    public static double[] ToDoubles(Tensor tensor, long? rows = null)
    {
        RequireReadable(tensor);
        if (tensor.NumberOfElements == 0)
            return [];
        using var scope = NewDisposeScope();
        // detach() first: the later steps may return their argument itself, and that must be ours, not the caller's.
        var own = tensor.detach().to_dense();
        var copy = (rows is { } count ? own.narrow(0, 0, count) : own).to(float64).cpu().contiguous();
        return MemoryMarshal.Cast<byte, double>(copy.bytes).ToArray();
    }

    /// <summary>Throws where a tensor has no numbers to draw.</summary>
    /// <exception cref="ArgumentException">The tensor is disposed or complex.</exception>
    public static void RequireReadable(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.IsInvalid)
            throw new ArgumentException("The tensor has been disposed: draw it before its scope ends.", nameof(tensor));
        if (tensor.is_complex())
            throw new ArgumentException(
                "A complex tensor cannot be drawn: pass .real, .imag or .abs().",
                nameof(tensor)
            );
    }
}
