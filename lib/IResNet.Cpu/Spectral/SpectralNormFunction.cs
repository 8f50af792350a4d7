namespace IResNet.Cpu;

/// <summary>
/// A training step's spectral normalization of many layers as one differentiable function: raw weights to effective
/// ones. Power iterations advance on the way. Layers are spread over threads; each is small, and library calls would
/// cost more than the arithmetic.
/// </summary>
internal sealed unsafe class SpectralNormFunction<TVector>
    : HandWrittenFunction<SpectralNormFunction<TVector>, SpectralNormFunction<TVector>.Setting>
    where TVector : unmanaged, IVector<TVector>
{
    /// <summary>The effective weights, in the layers' order.</summary>
    public static IReadOnlyList<Tensor> Apply(CpuResources resources, IReadOnlyList<SpectralLayer> layers) =>
        Run(new(resources, layers), [.. layers.Select(layer => layer.Weight)]);

    /// <inheritdoc/>
    protected override (List<Tensor> outputs, List<Tensor> saved) Forward(
        Setting call,
        Tensor[] inputs,
        bool differentiable
    )
    {
        var layers = call.Layers;
        var effective = layers.Select(layer => empty_like(layer.Weight)).ToList();
        // Copies: the next step's iterations may come before this one's gradient.
        var vectors = empty(call.VectorCount);
        var pieces = new Piece[layers.Count];
        for (int i = 0; i < pieces.Length; i++)
        {
            var layer = layers[i];
            pieces[i] = new(
                Floats.Of(layer.Weight),
                Floats.Of(effective[i]),
                Floats.Of(layer.U),
                Floats.Of(layer.V),
                Floats.Of(vectors) + call.Offsets[i],
                Floats.Of(layer.Sigma)
            );
        }
        call.Resources.Workers.Run(layers.Count, call.ScratchSize, (index, scratch) =>
        {
            var (piece, operation, options) = (pieces[index], call.Operations[index], layers[index].Options);
            float sigma = operation.Advance(piece.Weight, piece.U, piece.V, options.PowerIterations, scratch);
            *piece.Sigma = sigma;
            float excess = sigma / (float)options.Coefficient;
            call.Divisors[index] = Math.Max(excess, 1) + (float)layers[index].Margin;
            call.IsOver[index] = excess > 1;
            VectorMath<TVector>.Divide(piece.Weight, call.Divisors[index], piece.Result, operation.WeightCount);
            new Span<float>(piece.U, operation.RowLength).CopyTo(new Span<float>(piece.Vectors, operation.RowLength));
            new Span<float>(piece.V, operation.ColumnLength).CopyTo(
                new Span<float>(piece.Vectors + operation.RowLength, operation.ColumnLength)
            );
        });
        return (effective, [vectors, .. inputs]);
    }

    /// <summary>
    /// W / f(sigma) with f = max(1, sigma / c) + margin: the cotangent h of the effective weight gives h / f, and where
    /// sigma exceeds c, -(h.W / (c f^2)) d sigma / dW.
    /// </summary>
    protected override IEnumerable<Tensor?> Backward(Setting call, List<Tensor> saved, Tensor?[] cotangents)
    {
        int[] used = [.. Enumerable.Range(0, cotangents.Length).Where(i => cotangents[i] is not null)];
        var (given, results) = (new Tensor?[cotangents.Length], new Tensor?[cotangents.Length]);
        var pieces = new Piece[cotangents.Length];
        float* vectors = Floats.Of(saved[0]);
        foreach (int i in used)
        {
            given[i] = cotangents[i]!.contiguous();
            results[i] = empty_like(given[i]!);
            pieces[i] = new(
                Floats.Of(saved[i + 1]),
                Floats.Of(results[i]!),
                null,
                null,
                vectors + call.Offsets[i],
                Floats.Of(given[i]!)
            );
        }
        call.Resources.Workers.Run(used.Length, call.ScratchSize, (at, scratch) =>
        {
            int index = used[at];
            var (piece, operation, divisor) = (pieces[index], call.Operations[index], call.Divisors[index]);
            int count = operation.WeightCount;
            VectorMath<TVector>.Divide(piece.Sigma, divisor, piece.Result, count);
            if (!call.IsOver[index])
                return;
            float* derivative = scratch + operation.ScratchSize - count;
            operation.Gradient(piece.Vectors, piece.Vectors + operation.RowLength, derivative, scratch);
            float share =
                VectorMath<TVector>.Dot(piece.Sigma, piece.Weight, count)
                / (divisor * divisor * (float)call.Layers[index].Options.Coefficient);
            VectorMath<TVector>.Add(derivative, -share, piece.Result, count);
        });
        return results;
    }

    /// <inheritdoc/>
    protected override IEnumerable<Tensor?> Differentiable(Setting call, List<Tensor> saved, Tensor?[] cotangents)
    {
        var weights = saved[1..];
        return Gradients(weights.Select((weight, i) => call.Effective(i, weight, saved[0])), cotangents, weights);
    }

    /// <summary>
    /// A layer's memory: weight, result, vectors in use and their copies, and sigma (in the backward pass: the
    /// cotangent).
    /// </summary>
    private readonly struct Piece(float* weight, float* result, float* u, float* v, float* vectors, float* sigma)
    {
        public readonly float* Weight = weight,
            Result = result,
            U = u,
            V = v,
            Vectors = vectors,
            Sigma = sigma;
    }

    /// <summary>What the backward pass needs besides tensors.</summary>
    internal sealed record Setting : FunctionCall
    {
        public Setting(CpuResources resources, IReadOnlyList<SpectralLayer> layers)
            : base(resources)
        {
            Layers = layers;
            Operations = [.. layers.Select(layer => PowerIteration<TVector>.Of(layer)!.Value)];
            (Offsets, Divisors, IsOver) = (new int[layers.Count], new float[layers.Count], new bool[layers.Count]);
            for (int i = 0; i < layers.Count; i++)
            {
                Offsets[i] = VectorCount;
                VectorCount += Operations[i].RowLength + Operations[i].ColumnLength;
                ScratchSize = nint.Max(ScratchSize, Operations[i].ScratchSize);
            }
        }

        public PowerIteration<TVector>[] Operations { get; }

        public IReadOnlyList<SpectralLayer> Layers { get; }

        public float[] Divisors { get; }

        public bool[] IsOver { get; }

        /// <summary>Floats of scratch memory that suffice for every layer.</summary>
        public nint ScratchSize { get; }

        /// <summary>Where each layer's u and v begin in the copies, and the length of these.</summary>
        public int[] Offsets { get; }

        public int VectorCount { get; }

        /// <summary>A layer's effective weight by torch's operations, for the vectors of the forward pass.</summary>
        public Tensor Effective(int index, Tensor weight, Tensor vectors)
        {
            var (layer, operation) = (Layers[index], Operations[index]);
            var u = vectors.narrow(0, Offsets[index], operation.RowLength);
            var v = vectors.narrow(0, Offsets[index] + operation.RowLength, operation.ColumnLength);
            return layer.Normalized(weight, u, v);
        }
    }
}
