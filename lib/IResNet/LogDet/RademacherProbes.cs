using System.Runtime.InteropServices;

namespace IResNet;

/// <summary>
/// Random signs. Of all probes with independent entries these have the smallest variance: the diagonal of the matrix
/// contributes none.
/// </summary>
/// <param name="generator">The random stream; by default torch's own.</param>
public sealed class RademacherProbes(Generator? generator = null) : Probes
{
    /// <inheritdoc/>
    public override Tensor Draw(int samples, IReadOnlyList<long> shape, Tensor like)
    {
        using var scope = NewDisposeScope();
        long[] size = [samples * shape[0], .. shape.Skip(1)];
        long count = size.Aggregate(1L, (a, b) => a * b);
        // A random word has bits for 32 signs; drawing a number a sign would take a tenth of a training step.
        var words = empty((count + 31) / 32, ScalarType.Int32).random_(int.MinValue, int.MaxValue + 1.0, generator);
        var signs = empty(32 * words.numel());
        Expand(words.bytes, MemoryMarshal.Cast<byte, float>(signs.bytes));
        return signs.narrow(0, 0, count).view(size).to(like.dtype).to(like.device).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Probes Seeded(Generator other) => generator is null ? new RademacherProbes(other) : this;

    /// <summary>One sign for each bit, the lowest first: -1 where it is 0.</summary>
    private static void Expand(ReadOnlySpan<byte> bits, Span<float> signs)
    {
        // Of all numbers of four bits: one copy gives four signs.
        Span<float> quads = stackalloc float[16 * 4];
        for (int i = 0; i < quads.Length; i++)
            quads[i] = ((i / 4) >> (i % 4) & 1) == 1 ? 1 : -1;
        for (int i = 0; i < bits.Length; i++)
        {
            quads.Slice(4 * (bits[i] & 15), 4).CopyTo(signs.Slice(8 * i, 4));
            quads.Slice(4 * (bits[i] >> 4), 4).CopyTo(signs.Slice(8 * i + 4, 4));
        }
    }
}
