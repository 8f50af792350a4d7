using System.Runtime.Intrinsics.X86;

namespace IResNet.Lanes;

/// <summary>
/// A training step's spectral normalization of many layers as one differentiable function: raw weights to effective
/// ones. Power iterations advance on the way. Layers are spread over threads; each is small, and library calls would
/// cost more than the arithmetic.
/// </summary>
internal sealed unsafe class LaneSpectralNorm : autograd.MultiTensorFunction<LaneSpectralNorm>
{
    private const string Setting = "setting";

    /// <inheritdoc/>
    public override string Name => nameof(LaneSpectralNorm);

    /// <summary>Whether a layer can be normalized here.</summary>
    public static bool Supports(SpectralLayer layer) =>
        Avx512F.IsSupported
        && layer.Options.Enabled
        && layer.Options.PowerIterations > 0
        && LanePowerIteration.Of(layer) is not null
        && layer.Weight.dtype == ScalarType.Float32
        && layer.Weight.device_type == DeviceType.CPU;

    /// <summary>The effective weights, in the layers' order.</summary>
    public static IReadOnlyList<Tensor> Apply(IReadOnlyList<SpectralLayer> layers) =>
        apply([.. layers.Select(layer => layer.Weight), layers]);

    /// <inheritdoc/>
    public override List<Tensor> forward(autograd.AutogradContext context, params object[] inputs)
    {
        using var scope = NewDisposeScope();
        var layers = (IReadOnlyList<SpectralLayer>)inputs[^1];
        var effective = layers.Select(layer => empty_like(layer.Weight)).ToList();
        var call = new Call(layers);
        // Copies: the next step's iterations may come before this one's gradient.
        var vectors = empty(call.VectorCount);
        var pieces = new Piece[layers.Count];
        for (int i = 0; i < pieces.Length; i++)
        {
            var layer = layers[i];
            pieces[i] = new(
                LaneThreads.Data(layer.Weight),
                LaneThreads.Data(effective[i]),
                LaneThreads.Data(layer.U),
                LaneThreads.Data(layer.V),
                LaneThreads.Data(vectors) + call.Offsets[i],
                LaneThreads.Data(layer.Sigma)
            );
        }
        LaneThreads.Run(layers.Count, call.ScratchSize, (index, scratch) =>
        {
            var (piece, operation, options) = (pieces[index], call.Operations[index], layers[index].Options);
            float sigma = operation.Advance(piece.Weight, piece.U, piece.V, options.PowerIterations, scratch);
            *piece.Sigma = sigma;
            float excess = sigma / (float)options.Coefficient;
            call.Divisors[index] = Math.Max(excess, 1) + (float)layers[index].Margin;
            call.IsOver[index] = excess > 1;
            VectorMath.Divide(piece.Weight, call.Divisors[index], piece.Result, operation.WeightCount);
            new Span<float>(piece.U, operation.RowLength).CopyTo(new Span<float>(piece.Vectors, operation.RowLength));
            new Span<float>(piece.V, operation.ColumnLength).CopyTo(
                new Span<float>(piece.Vectors + operation.RowLength, operation.ColumnLength)
            );
        });
        context.save_for_backward([vectors, .. effective]);
        context.save_data(Setting, call);
        vectors.MoveToOuterDisposeScope();
        foreach (var weight in effective)
            weight.MoveToOuterDisposeScope();
        return effective;
    }

    /// <summary>
    /// W / f(sigma) with f = max(1, sigma / c) + margin: the cotangent h of the effective weight E gives h / f, and
    /// where sigma exceeds c, -(h.E / (c f)) d sigma / dW.
    /// </summary>
    public override List<Tensor> backward(autograd.AutogradContext context, List<Tensor> cotangents)
    {
        using var scope = NewDisposeScope();
        var call = (Call)context.get_data(Setting);
        var saved = context.get_saved_variables();
        var given = cotangents.Select(cotangent => cotangent.contiguous()).ToArray();
        var results = given.Select(cotangent => empty_like(cotangent)).ToList();
        var pieces = new Piece[given.Length];
        float* vectors = LaneThreads.Data(saved[0]);
        for (int i = 0; i < pieces.Length; i++)
            pieces[i] = new(
                LaneThreads.Data(saved[i + 1]),
                LaneThreads.Data(results[i]),
                null,
                null,
                vectors + call.Offsets[i],
                LaneThreads.Data(given[i])
            );
        LaneThreads.Run(given.Length, call.ScratchSize, (index, scratch) =>
        {
            var (piece, operation, divisor) = (pieces[index], call.Operations[index], call.Divisors[index]);
            int count = operation.WeightCount;
            VectorMath.Divide(piece.Sigma, divisor, piece.Result, count);
            if (!call.IsOver[index])
                return;
            float* derivative = scratch + operation.ScratchSize - count;
            operation.Gradient(piece.Vectors, piece.Vectors + operation.RowLength, derivative, scratch);
            float share =
                VectorMath.Dot(piece.Sigma, piece.Weight, count) / (divisor * (float)call.Coefficients[index]);
            VectorMath.Add(derivative, -share, piece.Result, count);
        });
        return BackwardPass.End(cotangents, [.. results, null]);
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
    private sealed class Call
    {
        public Call(IReadOnlyList<SpectralLayer> layers)
        {
            Operations = [.. layers.Select(layer => LanePowerIteration.Of(layer)!.Value)];
            Coefficients = [.. layers.Select(layer => layer.Options.Coefficient)];
            (Offsets, Divisors, IsOver) = (new int[layers.Count], new float[layers.Count], new bool[layers.Count]);
            for (int i = 0; i < layers.Count; i++)
            {
                Offsets[i] = VectorCount;
                VectorCount += Operations[i].RowLength + Operations[i].ColumnLength;
                ScratchSize = nint.Max(ScratchSize, Operations[i].ScratchSize);
            }
        }

        public LanePowerIteration[] Operations { get; }

        public double[] Coefficients { get; }

        public float[] Divisors { get; }

        public bool[] IsOver { get; }

        /// <summary>Floats of scratch memory that suffice for every layer.</summary>
        public nint ScratchSize { get; }

        /// <summary>Where each layer's u and v begin in the copies, and the length of these.</summary>
        public int[] Offsets { get; }

        public int VectorCount { get; }
    }
}
