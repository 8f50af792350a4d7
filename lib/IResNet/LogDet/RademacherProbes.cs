using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IResNet;

/// <summary>
/// Random signs. Of all probes with independent entries these have the smallest variance: the diagonal of the matrix
/// contributes none.
/// </summary>
/// <param name="generator">The random stream; by default the device's own.</param>
public sealed class RademacherProbes(Generator? generator = null) : Probes
{
    private static readonly Signs[] OfByte = [.. Enumerable.Range(0, 256).Select(Signs.Of)];

    /// <inheritdoc/>
    public override Tensor Draw(int samples, IReadOnlyList<long> shape, Tensor like)
    {
        using var scope = NewDisposeScope();
        long[] size = [samples * shape[0], .. shape.Skip(1)];
        if (generator is null && like.device_type != DeviceType.CPU)
            return empty(size, like.dtype, like.device).bernoulli_(0.5).mul_(2).sub_(1).MoveToOuterDisposeScope();
        long count = size.Aggregate(1L, (a, b) => a * b);
        // A random word has bits for 32 signs; drawing a number for each would take a tenth of a training step.
        var words = empty((count + 31) / 32, ScalarType.Int32, CPU)
            .random_(int.MinValue, int.MaxValue + 1.0, generator);
        var signs = empty(32 * words.numel(), ScalarType.Float32, CPU);
        var bytes = words.bytes;
        var target = MemoryMarshal.Cast<byte, Signs>(signs.bytes);
        for (int i = 0; i < bytes.Length; i++)
            target[i] = OfByte[bytes[i]];
        return signs.narrow(0, 0, count).view(size).to(like.dtype).to(like.device).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Probes Seeded(Generator other) => generator is null ? new RademacherProbes(other) : this;

    /// <summary>The signs of a byte's bits, lowest first: -1 where a bit is 0.</summary>
    [InlineArray(8)]
    private struct Signs
    {
        private float _first;

        public static Signs Of(int bits)
        {
            var signs = new Signs();
            for (int bit = 0; bit < 8; bit++)
                signs[bit] = (bits >> bit & 1) == 1 ? 1 : -1;
            return signs;
        }
    }
}
