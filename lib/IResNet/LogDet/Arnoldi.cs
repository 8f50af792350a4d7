namespace IResNet;

/// <summary>
/// ln det(I + J) for evaluation: Hutchinson's estimate of the trace of log(I + J), each quadratic form by Arnoldi's
/// process, v.log(I + J) v = |v|^2 e1.log(I + H) e1 with the m x m matrix H of J on the Krylov space of v. m products
/// reach what some 2 m terms of the power series do, and the bias is bounded by what the process itself finds.
/// </summary>
/// <remarks>For non-symmetric J; needs no bound of the spectrum. No gradients: training keeps the series, whose
/// gradient is known.</remarks>
public sealed class Arnoldi : LogDetEvaluator
{
    // Floats of one Krylov vector for all probes and examples at once; more probes are taken in turn.
    private const long ChunkSize = 1 << 22;

    /// <summary>Sets up the process.</summary>
    /// <param name="steps">m, Jacobian products per probe, at least 1.</param>
    /// <param name="samples">Probes per example, at least 1; estimates are averaged. For <see cref="ColouredProbes"/> a
    /// multiple of their number of colours.</param>
    /// <param name="probes">Where probes come from; by default random signs.</param>
    public Arnoldi(int steps, int samples = 1, Probes? probes = null)
    {
        (Steps, Samples) = (Guard.AtLeast(steps, 1, nameof(steps)), Guard.AtLeast(samples, 1, nameof(samples)));
        Probes = probes ?? new RademacherProbes();
    }

    /// <summary>m, Jacobian products per probe.</summary>
    public int Steps { get; }

    /// <summary>Probes per example.</summary>
    public int Samples { get; }

    /// <summary>Where probes come from.</summary>
    public Probes Probes { get; }

    /// <inheritdoc/>
    /// <remarks>
    /// The bias bound is infinite where no Lipschitz bound below 1 is known. The standard error is that of the mean
    /// over the probes, or over the sets of them that together make one estimate (<see cref="Probes.Complete"/>).
    /// </remarks>
    /// <exception cref="NonFiniteException">A quadratic form is not finite: J has values that are not, or its norm is
    /// not below 1.</exception>
    public override LogDetEstimate Evaluate(Linearization g)
    {
        int set = Probes.Complete(g.Shape),
            count = Samples % set == 0 ? Samples / set : 1;
        var repeats = new Arnoldi(Steps, Samples / count, Probes).Repeat(g, count);
        double variance = set >= g.Dimensions ? 0 : repeats.Estimates.Variance;
        return new(
            repeats.Value(g),
            Math.Sqrt(variance / count),
            repeats.BiasBound,
            Samples * (int)Math.Min(Steps, g.Dimensions)
        );
    }

    /// <summary>Independent estimates, with as many probes each, beside those of <paramref name="before"/>.</summary>
    /// <exception cref="NonFiniteException">As for <see cref="Evaluate"/>.</exception>
    internal ArnoldiRepeats Repeat(Linearization g, int count, ArnoldiRepeats? before = null)
    {
        var repeats = before ?? new ArnoldiRepeats((int)g.BatchSize);
        long perRepeat = Samples * g.BatchSize * g.Dimensions;
        int atOnce = (int)Math.Clamp(ChunkSize / perRepeat, 1, count);
        for (int done = 0; done < count; done += atOnce)
            repeats.Add(Forms(g, Math.Min(atOnce, count - done)));
        return repeats;
    }

    /// <summary>Values and bounds of some estimates, all examples of the first one first.</summary>
    private (double[] Values, double[] Bounds) Forms(Linearization g, int count)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        int examples = (int)g.BatchSize,
            rows = Samples * examples;
        var (values, bounds) = (new double[count * examples], new double[count * examples]);
        var probes = Probes.DrawFor(count * Samples, g.Shape, g.Value);
        long atOnce = Math.Max(1, ChunkSize / (examples * g.Dimensions));
        for (long from = 0; from < count * Samples; from += atOnce)
        {
            long taken = Math.Min(atOnce, count * Samples - from);
            foreach (var (i, form) in Forms(g, probes.narrow(0, from * examples, taken * examples)).Index())
            {
                int row = (int)(from * examples) + i,
                    at = row / rows * examples + row % examples;
                values[at] += form.Value / Samples;
                bounds[at] += form.Bound / Samples;
            }
        }
        if (!values.All(double.IsFinite))
            throw new NonFiniteException(
                "A log-determinant is not finite: the branch is no contraction here. Freeze the model with certified "
                    + "norms, or check its weights."
            );
        return (values, bounds);
    }

    /// <summary>The form of each probe, and its bound.</summary>
    private IReadOnlyList<(double Value, double Bound)> Forms(Linearization g, Tensor probes)
    {
        var (entries, scale) = Process(g, probes, Steps);
        return Forms(entries, scale, g.LipschitzBound);
    }

    /// <summary>
    /// The process from each probe, without a graph: column after column of H, each with the entry below it, all
    /// probes' numbers one after the other; and the squares of the probes' lengths.
    /// </summary>
    /// <param name="g">The branch at a batch of points.</param>
    /// <param name="probes">As tangents for g.</param>
    /// <param name="most">Steps, or as many as there are dimensions.</param>
    internal static (double[][] Columns, double[] Scale) Process(Linearization g, Tensor probes, int most)
    {
        using var scope = NewDisposeScope();
        long rows = probes.size(0),
            d = g.Dimensions;
        int steps = (int)Math.Min(most, d);
        var norms = probes.flatten(1).norm(1, keepdim: true);
        var basis = empty(rows, steps, d, dtype: probes.dtype, device: probes.device);
        basis.select(1, 0).copy_(probes.flatten(1) / norms);
        // Column j of H, and the entry below it.
        var columns = new List<Tensor>();
        for (int j = 0; j < steps; j++)
        {
            using var step = NewDisposeScope();
            var known = basis.narrow(1, 0, j + 1);
            var w = g.Jvp(basis.select(1, j).reshape([rows, .. g.Shape.Skip(1)])).reshape(rows, d, 1);
            var h = known.bmm(w);
            w = w - known.transpose(1, 2).bmm(h);
            var length = w.flatten(1).norm(1, keepdim: true);
            // Where the space is exhausted the next vector is zero, and with it all that follows.
            var enough = (length > finfo(w.dtype).eps * 10).to(w.dtype);
            if (j + 1 < steps)
                basis.select(1, j + 1).copy_(w.flatten(1) * enough / length.clamp_min(finfo(w.dtype).tiny));
            columns.Add(cat([h.flatten(1), length * enough], 1).MoveToOuterDisposeScope());
        }
        return (
            [.. columns.Select(column => column.ReadDoubles())],
            norms.to(ScalarType.Float64).square().ReadDoubles()
        );
    }

    private static (double Value, double Bound)[] Forms(double[][] entries, double[] scale, double lipschitz)
    {
        int m = entries.Length;
        double[] h = new double[m * m];
        var logarithm = new HessenbergLog(lipschitz);
        var forms = new (double, double)[scale.Length];
        for (int row = 0; row < scale.Length; row++)
        {
            Array.Clear(h);
            for (int j = 0; j < m; j++)
            {
                for (int i = 0; i <= Math.Min(j + 1, m - 1); i++)
                    h[i * m + j] = entries[j][row * (j + 2) + i];
            }
            var (value, bound) = logarithm.QuadraticForm(h, m, entries[m - 1][row * (m + 1) + m]);
            forms[row] = (scale[row] * value, scale[row] * bound);
        }
        return forms;
    }
}
