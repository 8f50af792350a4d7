namespace IResNet;

/// <summary>
/// ln det(I + J) for evaluation: Hutchinson's estimate of the trace of log(I + J), each quadratic form by Arnoldi's
/// process, v.log(I + J) v = |v|^2 e1.log(I + H) e1 with the m x m matrix H of J on the Krylov space of v. m products
/// reach what some 2 m terms of the power series do, and the bias is bounded by what the process itself finds.
/// </summary>
/// <remarks>For non-symmetric J; needs no bound of the spectrum. No gradients: training keeps the series, whose
/// gradient is known.</remarks>
public sealed class Arnoldi : LogDetEstimator
{
    // Floats of one Krylov vector for all probes and examples at once; more probes are taken in turn.
    private const long ChunkSize = 1 << 22;

    /// <summary>Sets up the process.</summary>
    /// <param name="steps">m, Jacobian products a probe, at least 1.</param>
    /// <param name="samples">Probes an example, at least 1; estimates are averaged. For <see cref="ColouredProbes"/> a
    /// multiple of their number of colours.</param>
    /// <param name="probes">Where probes come from; by default random signs from torch's own generator.</param>
    public Arnoldi(int steps, int samples = 1, Probes? probes = null)
    {
        (Steps, Samples) = (Guard.AtLeast(steps, 1, nameof(steps)), Guard.AtLeast(samples, 1, nameof(samples)));
        Probes = probes ?? new RademacherProbes();
    }

    /// <summary>m, Jacobian products a probe.</summary>
    public int Steps { get; }

    /// <summary>Probes an example.</summary>
    public int Samples { get; }

    /// <summary>Where probes come from.</summary>
    public Probes Probes { get; }

    /// <summary>The estimate for each example, without gradients.</summary>
    public override Tensor Estimate(Linearization g)
    {
        using var scope = NewDisposeScope();
        return Evaluate(g).value.to(g.Value.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The estimate for each example, and how far the finite number of steps can have moved it, for certain where the
    /// branch's Lipschitz bound is below 1.
    /// </summary>
    /// <returns>Both of shape (n), float64, in nats. The bound is infinite where no Lipschitz bound below 1 is
    /// known.</returns>
    /// <exception cref="NonFiniteException">A quadratic form is not finite: J has values that are not, or its norm is
    /// not below 1.</exception>
    public (Tensor value, Tensor biasBound) Evaluate(Linearization g)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (value, bound) = (new double[g.BatchSize], new double[g.BatchSize]);
        var probes = Probes.Draw(Samples, g.Shape, g.Value);
        long atOnce = Math.Max(1, ChunkSize / (g.BatchSize * g.Dimensions));
        for (long from = 0; from < Samples; from += atOnce)
            Add(g, probes.narrow(0, from * g.BatchSize, Math.Min(atOnce, Samples - from) * g.BatchSize), value, bound);
        if (!value.All(double.IsFinite))
            throw new NonFiniteException(
                "A log-determinant is not finite: the branch is no contraction here. Freeze the model with certified "
                    + "norms, or check its weights."
            );
        var device = g.Value.device;
        return (
            tensor(value, device: device).div_(Samples).MoveToOuterDisposeScope(),
            tensor(bound, device: device).div_(Samples).MoveToOuterDisposeScope()
        );
    }

    /// <summary>Adds the forms of some probes and their bounds.</summary>
    private void Add(Linearization g, Tensor probes, double[] value, double[] bound)
    {
        using var scope = NewDisposeScope();
        long rows = probes.size(0),
            d = g.Dimensions;
        int steps = (int)Math.Min(Steps, d);
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
            var enough = length > finfo(w.dtype).eps * 10;
            length = where(enough, length, zeros_like(length));
            if (j + 1 < steps)
                basis.select(1, j + 1).copy_(where(enough, w.flatten(1) / length, zeros_like(w.flatten(1))));
            columns.Add(cat([h.flatten(1), length], 1).to(ScalarType.Float64).cpu().MoveToOuterDisposeScope());
        }
        Sum(columns, norms.square().to(ScalarType.Float64).cpu(), g.LipschitzBound, value, bound);
    }

    private static void Sum(List<Tensor> columns, Tensor scales, double lipschitz, double[] value, double[] bound)
    {
        int m = columns.Count;
        double[][] entries = [.. columns.Select(column => column.contiguous().data<double>().ToArray())];
        double[] scale = scales.data<double>().ToArray(),
            h = new double[m * m];
        for (int row = 0; row < scale.Length; row++)
        {
            Array.Clear(h);
            for (int j = 0; j < m; j++)
            for (int i = 0; i <= Math.Min(j + 1, m - 1); i++)
                h[i * m + j] = entries[j][row * (j + 2) + i];
            var (form, formBound) = HessenbergLog.Form(h, m, entries[m - 1][row * (m + 1) + m], lipschitz);
            value[row % value.Length] += scale[row] * form;
            bound[row % value.Length] += scale[row] * formBound;
        }
    }
}
