namespace IResNet.Cpu;

/// <summary>
/// The branch 3x3, 1x1, 3x3 with ELU on one group of examples: value, series and their gradient, layer by layer on
/// packed maps. All sizes of a kind are the same for every group, so that groups can go to different threads.
/// </summary>
internal sealed unsafe class InterleavedBranch<TVector>
    where TVector : unmanaged, IVector<TVector>
{
    private static int Lanes => TVector.Lanes;

    private readonly int _channels,
        _hidden;
    private readonly bool _leadingActivation;
    private readonly InterleavedLayout _layout;

    /// <summary>For batches of a shape (n, channels, height, width).</summary>
    public InterleavedBranch(CpuResources resources, long[] shape, long hidden, bool leadingActivation)
    {
        (_channels, _hidden, _leadingActivation) = ((int)shape[1], (int)hidden, leadingActivation);
        _layout = resources.Layout(Lanes, (int)shape[2], (int)shape[3]);
    }

    /// <summary>Floats of a map with the data's channels, and with the hidden ones.</summary>
    private nint DataMap => (nint)InterleavedLayout.RoundUp(_channels) * _layout.Plane;

    private nint HiddenMap => (nint)InterleavedLayout.RoundUp(_hidden) * _layout.Plane;

    /// <summary>Floats that Jacobian products need of an evaluation: the inputs of the three layers.</summary>
    public nint PointSize => DataMap + 2 * HiddenMap;

    /// <summary>
    /// Floats that <see cref="Backward"/> needs from the forward pass: the middle layer's input, and with a series its
    /// tangent and the first layer's. Everything else is a packing, an activation or the 1x1 convolution away, which
    /// costs a fortieth of a step and halves its memory.
    /// </summary>
    public nint SavedSize(bool series) => series ? DataMap + 2 * HiddenMap : HiddenMap;

    /// <summary>Floats of scratch memory per thread.</summary>
    public nint WorkSize => OwnWork + 2 * DataMap + 2 * HiddenMap;

    /// <summary>The part of the scratch memory that is no map of <see cref="Maps"/>.</summary>
    private nint OwnWork => 2 * DataMap + 2 * HiddenMap + 2 * Lanes * InterleavedLayout.RoundUp(_hidden);

    /// <summary>
    /// Inputs A of the three layers, tangents T of the same, and the probe V. Those that a computation does not need
    /// are null.
    /// </summary>
    public struct Maps
    {
        public float* A0,
            A1,
            A2,
            T0,
            T1,
            T2,
            V;
    }

    /// <summary>Maps for Jacobian products at a point: all inputs in <paramref name="point"/>.</summary>
    public Maps MapsAt(float* point) =>
        new()
        {
            A0 = point,
            A1 = point + DataMap,
            A2 = point + DataMap + HiddenMap,
        };

    /// <summary>Maps of a step: what <see cref="SavedSize"/> counts is saved, the others are in scratch
    /// memory.</summary>
    public Maps MapsOfStep(in GroupData data)
    {
        float* scratch = data.Work + OwnWork;
        return new()
        {
            A1 = data.Saved,
            T1 = data.Saved + HiddenMap,
            T0 = data.Saved + 2 * HiddenMap,
            A0 = scratch,
            V = scratch + DataMap,
            A2 = scratch + 2 * DataMap,
            T2 = scratch + 2 * DataMap + HiddenMap,
        };
    }

    /// <summary>y = x + g(x), or g(x) alone, and the layers' inputs into maps.</summary>
    public void Forward(in BranchWeights w, in GroupData data, in Maps at, float* y, bool residual = true)
    {
        float* input = Enter(data, at.A0, data.Work);
        var first = new BiasElu<TVector>(w.FirstBias, at.A1);
        InterleavedConvolution<TVector>.Run(at.A0, w.First, _channels, _hidden, 3, _layout, ref first);
        Middle(w, at);
        float* output = data.Work + DataMap;
        var last = new BiasResidual<TVector>(w.LastBias, residual ? input : null, output);
        InterleavedConvolution<TVector>.Run(at.A2, w.Last, _hidden, _channels, 3, _layout, ref last);
        Interleaving<TVector>.Unpack(output, _channels, _layout, y, data.Examples);
    }

    /// <summary>Floats of a map like x.</summary>
    public nint DataSize => DataMap;

    /// <summary>Packs examples into a map whose border is zero.</summary>
    public void Pack(float* x, int examples, float* map)
    {
        _layout.ClearBorder(map, _channels);
        Interleaving<TVector>.Pack(x, examples, map, _channels, _layout);
    }

    /// <summary>The way back.</summary>
    public void Unpack(float* map, float* x, int examples) =>
        Interleaving<TVector>.Unpack(map, _channels, _layout, x, examples);

    /// <summary>One step of the fixed point's iteration on maps with zero borders: g(x) into the epilogue.</summary>
    /// <param name="w">The weights and biases.</param>
    /// <param name="x">A point.</param>
    /// <param name="at">Scratch maps. Their borders must be zero: one <see cref="ClearBorders"/> serves many
    /// steps.</param>
    /// <param name="image">Takes g(x).</param>
    public void Iterate(in BranchWeights w, float* x, in Maps at, ref ImageOf<TVector> image)
    {
        if (_leadingActivation)
            ForEachPixel(new EluOf(x, at.A0));
        var first = new BiasElu<TVector>(w.FirstBias, at.A1);
        InterleavedConvolution<TVector>.Run(
            _leadingActivation ? at.A0 : x,
            w.First,
            _channels,
            _hidden,
            3,
            _layout,
            ref first
        );
        var middle = new BiasElu<TVector>(w.MiddleBias, at.A2);
        InterleavedConvolution<TVector>.Run(at.A1, w.Middle, _hidden, _hidden, 1, _layout, ref middle);
        InterleavedConvolution<TVector>.Run(at.A2, w.Last, _hidden, _channels, 3, _layout, ref image);
    }

    /// <summary>Zeroes the borders of the maps that 3x3 kernels read.</summary>
    public void ClearBorders(in Maps at)
    {
        _layout.ClearBorder(at.A0, _channels);
        _layout.ClearBorder(at.A2, _hidden);
    }

    /// <summary>
    /// The estimate of <see cref="NeumannSeries"/> at the point of <see cref="Forward"/>, a value per example, and the
    /// tangents of its surrogate into maps.
    /// </summary>
    public void Series(in BranchWeights w, int terms, in GroupData data, in Maps at, float* logDet)
    {
        float* leading = _leadingActivation ? at.A0 : null;
        Interleaving<TVector>.Pack(data.Probe, data.Examples, at.V, _channels, _layout);
        _layout.ClearBorder(at.V, _channels);
        _layout.ClearBorder(at.T0, _channels);
        _layout.ClearBorder(at.T2, _hidden);
        float* r = data.Work;
        Buffer.MemoryCopy(at.V, r, DataMap * sizeof(float), DataMap * sizeof(float));
        ForEachPixel(new DerivativeTimes(leading, at.V, at.T0));
        var value = default(TVector);
        for (int k = 1; k < terms; k++)
        {
            float sign = k % 2 == 1 ? 1 : -1;
            TangentLayers(w, at);
            var term = new SeriesTerm<TVector>(at.V, r, -sign, leading, at.T0);
            InterleavedConvolution<TVector>.Run(at.T2, w.Last, _hidden, _channels, 3, _layout, ref term);
            value += term.Trace * TVector.Create(sign * (1f / k - 1f / terms));
        }
        ForEachPixel(new DerivativeTimes(leading, r, at.T0));
        TangentLayers(w, at);
        var trace = new TraceEstimate<TVector>(at.V);
        InterleavedConvolution<TVector>.Run(at.T2, w.Last, _hidden, _channels, 3, _layout, ref trace);
        value += trace.Sum * TVector.Create(1f / terms);
        new Span<float>(&value, data.Examples).CopyTo(new Span<float>(logDet, data.Examples));
    }

    /// <summary>Cotangents of x and of the weights, given those of y and of the series' estimate.</summary>
    /// <param name="w">The weights and biases.</param>
    /// <param name="transposed">The three transposed weights; no biases.</param>
    /// <param name="data">As in the forward pass.</param>
    /// <param name="maps">As the forward pass left it in what is saved.</param>
    /// <param name="cotangents">In and out.</param>
    public void Backward(
        in BranchWeights w,
        in BranchWeights transposed,
        in GroupData data,
        in Maps maps,
        in GroupCotangents cotangents
    )
    {
        var at = maps;
        float* dy = data.Work,
            dx = dy + DataMap,
            first = dx + DataMap,
            second = first + HiddenMap;
        var sums = (TVector*)(second + HiddenMap);
        int hiddenSums = InterleavedLayout.RoundUp(_hidden);
        bool series = cotangents.LogDet is not null;
        Enter(data, at.A0, dx);
        Middle(w, at);
        Interleaving<TVector>.Pack(cotangents.Y, data.Examples, dy, _channels, _layout);
        _layout.ClearBorder(dy, _channels);
        var g = new BranchGradients(cotangents.Parameters, _channels, _hidden);

        // Behind the last layer: cotangents dy of the value and s v of the tangent J r, where s is that of the
        // estimate.
        float* dp2 = first,
            dq2 = series ? second : null;
        if (series)
        {
            MiddleTangent(w, at);
            Interleaving<TVector>.Pack(data.Probe, data.Examples, at.V, _channels, _layout);
            _layout.ClearBorder(at.V, _channels);
            float* scale = stackalloc float[Lanes];
            for (int lane = 0; lane < Lanes; lane++)
                scale[lane] = lane < data.Examples ? cotangents.LogDet[lane] : 0;
            ForEachPixel(new Scaled(TVector.Load(scale), at.V));
            var tangent = new TangentCotangent<TVector>(at.A2, at.T2, dq2, dp2);
            InterleavedConvolution<TVector>.Run(at.V, transposed.Last, _channels, _hidden, 3, _layout, ref tangent);
        }
        new Span<TVector>(sums, 2 * hiddenSums).Clear();
        var value = new PreactivationCotangent<TVector>(at.A2, series ? dp2 : null, dp2, sums);
        InterleavedConvolution<TVector>.Run(dy, transposed.Last, _channels, _hidden, 3, _layout, ref value);
        InterleavedWeightGradient<TVector>.Run(
            new(dy, at.A2),
            new(series ? at.V : null, at.T2),
            _hidden,
            _channels,
            3,
            _layout,
            g.Last
        );
        SumPixels(dy, g.LastBias);
        SumLanes(sums, g.MiddleBias);

        // Between the first and the middle layer.
        float* dp1 = Recycle(ref at.A2),
            dq1 = series ? Recycle(ref at.T2) : null;
        _layout.ClearBorder(dp1, _hidden);
        if (series)
        {
            _layout.ClearBorder(dq1, _hidden);
            var tangent = new TangentCotangent<TVector>(at.A1, at.T1, dq1, dp1);
            InterleavedConvolution<TVector>.Run(dq2, transposed.Middle, _hidden, _hidden, 1, _layout, ref tangent);
        }
        value = new PreactivationCotangent<TVector>(at.A1, series ? dp1 : null, dp1, sums + hiddenSums);
        InterleavedConvolution<TVector>.Run(dp2, transposed.Middle, _hidden, _hidden, 1, _layout, ref value);
        InterleavedWeightGradient<TVector>.Run(
            new(dp2, at.A1),
            new(dq2, at.T1),
            _hidden,
            _hidden,
            1,
            _layout,
            g.Middle
        );
        SumLanes(sums + hiddenSums, g.FirstBias);

        // Before the first layer. r counts as a constant, so without a leading activation nothing of the tangent
        // arrives at x.
        float* leading = _leadingActivation ? at.A0 : null;
        InterleavedWeightGradient<TVector>.Run(
            new(dp1, at.A0),
            new(dq1, at.T0),
            _channels,
            _hidden,
            3,
            _layout,
            g.First
        );
        float* curvature = series && _leadingActivation ? Recycle(ref at.V) : null;
        if (curvature is not null)
        {
            var tangent = new TangentCotangent<TVector>(at.A0, at.T0, null, curvature);
            InterleavedConvolution<TVector>.Run(dq1, transposed.First, _hidden, _channels, 3, _layout, ref tangent);
        }
        var through = new InputCotangent<TVector>(dy, leading, curvature, dx);
        InterleavedConvolution<TVector>.Run(dp1, transposed.First, _hidden, _channels, 3, _layout, ref through);
        Interleaving<TVector>.Unpack(dx, _channels, _layout, cotangents.X, data.Examples);
    }

    /// <summary>The memory of a map whose content has been used up, for another map; the old name is void.</summary>
    private static float* Recycle(ref float* map)
    {
        float* memory = map;
        map = null;
        return memory;
    }

    /// <summary>J t at the point of <see cref="Forward"/>.</summary>
    public void Jvp(in BranchWeights w, in GroupData tangent, in Maps at, float* result)
    {
        float* input = tangent.Work,
            first = input + DataMap,
            middle = first + HiddenMap,
            output = middle + HiddenMap;
        Interleaving<TVector>.Pack(tangent.X, tangent.Examples, input, _channels, _layout);
        _layout.ClearBorder(input, _channels);
        if (_leadingActivation)
            ForEachPixel(new DerivativeTimes(at.A0, input, input));
        Convolve(input, w.First, _channels, _hidden, 3, at.A1, first);
        _layout.ClearBorder(middle, _hidden);
        Convolve(first, w.Middle, _hidden, _hidden, 1, at.A2, middle);
        Convolve(middle, w.Last, _hidden, _channels, 3, null, output);
        Interleaving<TVector>.Unpack(output, _channels, _layout, result, tangent.Examples);
    }

    /// <summary>Transposed J times u at the point of <see cref="Forward"/>.</summary>
    public void Vjp(in BranchWeights transposed, in GroupData cotangent, in Maps at, float* result)
    {
        float* input = cotangent.Work,
            last = input + DataMap,
            middle = last + HiddenMap,
            output = middle + HiddenMap;
        Interleaving<TVector>.Pack(cotangent.X, cotangent.Examples, input, _channels, _layout);
        _layout.ClearBorder(input, _channels);
        Convolve(input, transposed.Last, _channels, _hidden, 3, at.A2, last);
        _layout.ClearBorder(middle, _hidden);
        Convolve(last, transposed.Middle, _hidden, _hidden, 1, at.A1, middle);
        Convolve(middle, transposed.First, _hidden, _channels, 3, _leadingActivation ? at.A0 : null, output);
        Interleaving<TVector>.Unpack(output, _channels, _layout, result, cotangent.Examples);
    }

    /// <summary>A convolution, times the derivative of an activation if there is one.</summary>
    private void Convolve(
        float* input,
        float* weights,
        int inputs,
        int outputs,
        int kernel,
        float* activation,
        float* output
    )
    {
        var epilogue = new TimesDerivative<TVector>(activation, output);
        InterleavedConvolution<TVector>.Run(input, weights, inputs, outputs, kernel, _layout, ref epilogue);
    }

    /// <summary>A0 from x.</summary>
    /// <returns>Where x lies, packed: in the scratch map if an activation comes first.</returns>
    private float* Enter(in GroupData data, float* a0, float* scratch)
    {
        float* input = _leadingActivation ? scratch : a0;
        Interleaving<TVector>.Pack(data.X, data.Examples, input, _channels, _layout);
        _layout.ClearBorder(a0, _channels);
        if (_leadingActivation)
            ForEachPixel(new EluOf(input, a0));
        return input;
    }

    /// <summary>A2 from A1.</summary>
    private void Middle(in BranchWeights w, in Maps at)
    {
        _layout.ClearBorder(at.A2, _hidden);
        var middle = new BiasElu<TVector>(w.MiddleBias, at.A2);
        InterleavedConvolution<TVector>.Run(at.A1, w.Middle, _hidden, _hidden, 1, _layout, ref middle);
    }

    /// <summary>T1 and T2 from T0.</summary>
    private void TangentLayers(in BranchWeights w, in Maps at)
    {
        Convolve(at.T0, w.First, _channels, _hidden, 3, at.A1, at.T1);
        Convolve(at.T1, w.Middle, _hidden, _hidden, 1, at.A2, at.T2);
    }

    /// <summary>T2 from T1.</summary>
    private void MiddleTangent(in BranchWeights w, in Maps at)
    {
        _layout.ClearBorder(at.T2, _hidden);
        Convolve(at.T1, w.Middle, _hidden, _hidden, 1, at.A2, at.T2);
    }

    private void SumPixels(float* map, float* sums)
    {
        for (int channel = 0; channel < _channels; channel++)
        {
            var sum = default(TVector);
            // The border is zero.
            for (float* x = map + channel * (nint)_layout.Plane, end = x + _layout.Plane; x < end; x += Lanes)
                sum += TVector.Load(x);
            sums[channel] = TVector.Sum(sum);
        }
    }

    private void SumLanes(TVector* vectors, float* sums)
    {
        for (int channel = 0; channel < _hidden; channel++)
            sums[channel] = TVector.Sum(vectors[channel]);
    }

    private void ForEachPixel<TMap>(TMap map)
        where TMap : struct, IPixelMap
    {
        int* offsets = _layout.Offsets;
        for (int channel = 0; channel < _channels; channel++)
        {
            nint first = channel * (nint)_layout.Plane + _layout.First;
            for (int pixel = 0; pixel < _layout.Pixels; pixel++)
                map.At(first + offsets[pixel]);
        }
    }

    private interface IPixelMap
    {
        void At(nint at);
    }

    private readonly struct EluOf(float* p, float* output) : IPixelMap
    {
        public void At(nint at) => VectorElu<TVector>.Value(TVector.Load(p + at)).Store(output + at);
    }

    private readonly struct DerivativeTimes(float* activation, float* t, float* output) : IPixelMap
    {
        public void At(nint at)
        {
            var value = TVector.Load(t + at);
            if (activation is not null)
                value *= VectorElu<TVector>.Derivative(TVector.Load(activation + at));
            value.Store(output + at);
        }
    }

    private readonly struct Scaled(TVector scale, float* x) : IPixelMap
    {
        public void At(nint at) => (TVector.Load(x + at) * scale).Store(x + at);
    }
}
