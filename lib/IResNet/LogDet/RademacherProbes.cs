using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

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

    /// <summary>One sign a bit.</summary>
    private static void Expand(ReadOnlySpan<byte> bits, Span<float> signs)
    {
        var masks = Vector256.Create(1u, 2, 4, 8, 16, 32, 64, 128);
        for (int i = 0; i < bits.Length; i++)
        {
            var set = Vector256.Equals(Vector256.Create((uint)bits[i]) & masks, masks);
            Vector256
                .ConditionalSelect(set.AsSingle(), Vector256<float>.One, -Vector256<float>.One)
                .CopyTo(signs[(8 * i)..]);
        }
    }
}
