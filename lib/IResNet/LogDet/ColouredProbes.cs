namespace IResNet;

/// <summary>
/// Random signs on one colour of the dimensions at a time: one random vector, split into N disjoint parts. The N
/// quadratic forms together estimate the trace, and only pairs of dimensions of one colour contribute variance. In
/// images those are pixels of one channel at least a stride apart, where the logarithm of I + J is close to zero, as a
/// branch's receptive field is 5x5 and higher powers of J are small.
/// </summary>
public sealed class ColouredProbes : Probes
{
    private readonly int _stride;
    private readonly Probes _signs;

    /// <summary>Colours by channel and by position modulo a stride.</summary>
    /// <param name="stride">Distance of two pixels of one colour along rows and columns, at least 1. With 1 a channel
    /// is a colour.</param>
    /// <param name="generator">The random stream; by default torch's own.</param>
    public ColouredProbes(int stride, Generator? generator = null) =>
        (_stride, _signs) = (Guard.AtLeast(stride, 1, nameof(stride)), new RademacherProbes(generator));

    private ColouredProbes(int stride, Probes signs) => (_stride, _signs) = (stride, signs);

    /// <summary>
    /// N for batches of a shape (n, channels, height, width), or (n, d), where each dimension is a colour and the trace
    /// is exact.
    /// </summary>
    public int Colours(IReadOnlyList<long> shape) =>
        (int)shape[1] * shape.Skip(2).Aggregate(1, (count, side) => count * (int)Math.Min(_stride, side));

    /// <inheritdoc/>
    public override int Complete(IReadOnlyList<long> shape) => Colours(shape);

    /// <inheritdoc/>
    public override Probes Seeded(Generator generator) => new ColouredProbes(_stride, _signs.Seeded(generator));

    /// <inheritdoc path="/summary"/>
    /// <inheritdoc path="/returns"/>
    /// <param name="samples">A multiple of <see cref="Colours"/>.</param>
    /// <param name="shape">The batch's shape, (n, ...).</param>
    /// <param name="like">Gives dtype and device.</param>
    /// <exception cref="ArgumentException">The number of samples is no multiple of the number of colours.</exception>
    public override Tensor Draw(int samples, IReadOnlyList<long> shape, Tensor like)
    {
        int colours = Colours(shape);
        if (samples % colours != 0)
            throw new ArgumentException(
                $"A batch of shape ({string.Join(", ", shape)}) has {colours} colours: take a multiple of that, not "
                    + $"{samples} probes.",
                nameof(samples)
            );
        using var scope = NewDisposeScope();
        long[] vector = [.. shape.Skip(1)];
        int repeats = samples / colours;
        // An average of N such forms, as estimators take it, has to be their sum.
        var parts = Parts(vector, like.device).to(like.dtype).mul_(Math.Sqrt(colours)).view([1, colours, 1, .. vector]);
        var signs = _signs.Draw(repeats, shape, like).view([repeats, 1, .. shape]);
        return (signs * parts).view([samples * shape[0], .. vector]).MoveToOuterDisposeScope();
    }

    /// <summary>1 where a dimension has the colour, shape (colours, ...).</summary>
    private Tensor Parts(long[] vector, Device device)
    {
        var colour = arange(vector[0], device: device).view([-1, .. vector.Skip(1).Select(_ => 1L)]).expand(vector);
        long count = vector[0];
        for (int axis = 1; axis < vector.Length; axis++)
        {
            long stride = Math.Min(_stride, vector[axis]);
            long[] line = [.. Enumerable.Range(0, vector.Length).Select(i => i == axis ? -1L : 1L)];
            colour = colour * stride + arange(vector[axis], device: device).remainder(stride).view(line);
            count *= stride;
        }
        return colour.unsqueeze(0) == arange(count, device: device).view([-1, .. vector.Select(_ => 1L)]);
    }
}
