namespace IResNet;

/// <summary>
/// A part of the probes of a larger batch: those that other probes draw for the whole of it, so that a batch that is
/// divided has the probes of the undivided one.
/// </summary>
/// <param name="whole">Draws for the whole batch.</param>
/// <param name="part">Which of the equal parts, from 0.</param>
/// <param name="parts">How many there are.</param>
internal sealed class SharedProbes(Probes whole, int part, int parts) : Probes
{
    /// <inheritdoc/>
    public override Tensor Draw(int samples, IReadOnlyList<long> shape, Tensor like)
    {
        using var scope = NewDisposeScope();
        long[] vector = [.. shape.Skip(1)];
        var all = whole.DrawFor(samples, [shape[0] * parts, .. vector], like).view([samples, -1, .. vector]);
        return all.narrow(1, part * shape[0], shape[0])
            .reshape([samples * shape[0], .. vector])
            .MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override int Complete(IReadOnlyList<long> shape) => whole.Complete(shape);

    /// <inheritdoc/>
    public override Probes Seeded(Generator generator) => new SharedProbes(whole.Seeded(generator), part, parts);
}
