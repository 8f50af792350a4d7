namespace IResNet.Cpu;

/// <summary>
/// The branch 3x3, 1x1, 3x3 with activations between on one group of examples: value, series and their gradient, layer
/// by layer on packed maps. All sizes of a kind are the same for every group, so that groups can go to different
/// threads.
/// </summary>
internal sealed unsafe class InterleavedBranch<TVector, TActivation>
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    private static int Lanes => TVector.Lanes;

    private readonly int _channels,
        _hidden,
        _learned;
    private readonly bool _leadingActivation;
    private readonly InterleavedLayout _layout;

    /// <summary>For batches of a shape (n, channels, height, width).</summary>
    public InterleavedBranch(CpuResources resources, long[] shape, long hidden, bool leadingActivation)
    {
        (_channels, _hidden, _leadingActivation) = ((int)shape[1], (int)hidden, leadingActivation);
        _learned = BlockStep.Learned<TVector, TActivation>(leadingActivation);
        _layout = resources.Layout(Lanes, (int)shape[2], (int)shape[3]);
    }

    /// <summary>Floats of a map with the data's channels, and with the hidden ones.</summary>
    private nint DataMap => (nint)InterleavedLayout.RoundUp(_channels) * _layout.Plane;

    private nint HiddenMap => (nint)InterleavedLayout.RoundUp(_hidden) * _layout.Plane;

    /// <summary>Floats of the inputs of the three layers.</summary>
    public nint ValuesSize => DataMap + 2 * HiddenMap;

    /// <summary>Floats that Jacobian products need of an evaluation.</summary>
    public nint PointSize => TActivation.FollowsFromValue ? ValuesSize : 2 * ValuesSize;

    /// <summary>
    /// Floats that <see cref="Backward"/> needs from the forward pass: the middle layer's input, and with a series its
    /// tangent and the first layer's. Everything else is a packing, an activation or the 1x1 convolution away, which
    /// costs a fortieth of a step and halves its memory. Activations that are expensive to differentiate need much
    /// more, and two 3x3 convolutions from the data's channels are less than a tenth of a step: then only r is saved.
    /// </summary>
    public nint SavedSize(bool series) =>
        TActivation.FollowsFromValue ? (series ? DataMap + 2 * HiddenMap : HiddenMap)
        : series ? DataMap
        : 0;

    /// <summary>Floats of scratch memory per thread.</summary>
    public nint WorkSize =>
        OwnWork + (TActivation.FollowsFromValue ? 2 * DataMap + 2 * HiddenMap : 6 * DataMap + 10 * HiddenMap);

    /// <summary>The part of the scratch memory that is no map of <see cref="Maps"/>.</summary>
    private nint OwnWork => 2 * DataMap + 2 * HiddenMap + Lanes * (4 * (HiddenMap + DataMap) / _layout.Plane);

    /// <summary>
    /// The activations, whose values are the inputs of the three layers, tangents T of the same, the probe V, and r of
    /// the series. What a computation does not need is null. Without a leading activation the first layer's input is x,
    /// and there are no other maps of it.
    /// </summary>
    public struct Maps
    {
        public Activated<TVector, TActivation> Leading,
            First,
            Second;

        public float* T0,
            T1,
            T2,
            V,
            R;

        /// <summary>With the parameters that the activations have now.</summary>
        public readonly Maps With(in BranchWeights w)
        {
            var maps = this;
            maps.Leading.Phi = TActivation.Of(w.Learned[0]);
            maps.First.Phi = TActivation.Of(w.Learned[1]);
            maps.Second.Phi = TActivation.Of(w.Learned[2]);
            return maps;
        }
    }

    /// <summary>Maps for values alone: all in <paramref name="values"/>.</summary>
    public Maps MapsOfValues(float* values)
    {
        var maps = new Maps();
        maps.Leading.Value = values;
        maps.First.Value = values + DataMap;
        maps.Second.Value = values + DataMap + HiddenMap;
        return maps;
    }

    /// <summary>Maps for Jacobian products at a point: all in <paramref name="point"/>.</summary>
    public Maps MapsAt(float* point)
    {
        var maps = MapsOfValues(point);
        if (TActivation.FollowsFromValue)
            return maps;
        var derivatives = MapsOfValues(point + ValuesSize);
        maps.Leading.Derivative = derivatives.Leading.Value;
        maps.First.Derivative = derivatives.First.Value;
        maps.Second.Derivative = derivatives.Second.Value;
        return maps;
    }

    /// <summary>Maps of a step: what <see cref="SavedSize"/> counts is saved, the others are in scratch
    /// memory.</summary>
    public Maps MapsOfStep(in GroupData data, bool backward = false)
    {
        var (scratch, saved) = (new Room(data.Work + OwnWork), new Room(data.Saved));
        var maps = new Maps();
        maps.Leading.Value = scratch.Take(DataMap);
        maps.V = scratch.Take(DataMap);
        maps.Second.Value = scratch.Take(HiddenMap);
        maps.T2 = scratch.Take(HiddenMap);
        if (TActivation.FollowsFromValue)
        {
            maps.First.Value = saved.Take(HiddenMap);
            maps.T1 = saved.Take(HiddenMap);
            maps.T0 = saved.Take(DataMap);
            maps.R = data.Work;
            return maps;
        }
        maps.R = saved.Take(DataMap);
        maps.First.Value = scratch.Take(HiddenMap);
        maps.T1 = scratch.Take(HiddenMap);
        maps.T0 = scratch.Take(DataMap);
        maps.Leading.TakeMaps(ref scratch, DataMap, backward);
        maps.First.TakeMaps(ref scratch, HiddenMap, backward);
        maps.Second.TakeMaps(ref scratch, HiddenMap, backward);
        return maps;
    }

    /// <summary>y = x + g(x), or g(x) alone, and the activations into maps.</summary>
    public void Forward(in BranchWeights w, in GroupData data, in Maps maps, float* y, bool residual = true)
    {
        var at = maps.With(w);
        float* input = Enter(data, at, data.Work);
        FirstLayer(w, at);
        MiddleLayer(w, at);
        float* output = data.Work + DataMap;
        var last = new BiasResidual<TVector>(w.LastBias, residual ? input : null, output);
        InterleavedConvolution<TVector>.Run(at.Second.Value, w.Last, _hidden, _channels, 3, _layout, ref last);
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
    /// <param name="maps">Scratch maps. Their borders must be zero: one <see cref="ClearBorders"/> serves many
    /// steps.</param>
    /// <param name="image">Takes g(x).</param>
    public void Iterate(in BranchWeights w, float* x, in Maps maps, ref ImageOf<TVector> image)
    {
        var at = maps.With(w);
        if (_leadingActivation)
            ForEachPixel(new ActivationOf(x, at.Leading));
        else
            at.Leading.Value = x;
        FirstLayer(w, at);
        var middle = new BiasActivation<TVector, TActivation>(w.MiddleBias, at.Second);
        InterleavedConvolution<TVector>.Run(at.First.Value, w.Middle, _hidden, _hidden, 1, _layout, ref middle);
        InterleavedConvolution<TVector>.Run(at.Second.Value, w.Last, _hidden, _channels, 3, _layout, ref image);
    }

    /// <summary>Zeroes the borders of the maps that 3x3 kernels read.</summary>
    public void ClearBorders(in Maps at)
    {
        _layout.ClearBorder(at.Leading.Value, _channels);
        _layout.ClearBorder(at.Second.Value, _hidden);
    }

    /// <summary>
    /// The estimate of <see cref="WeightedSeries"/> at the point of <see cref="Forward"/>, a value per example, and
    /// what the backward pass needs of its surrogate into maps.
    /// </summary>
    public void Series(in BranchWeights w, WeightedSeries series, in GroupData data, in Maps at, float* logDet)
    {
        var leading = LeadingOf(at);
        Interleaving<TVector>.Pack(data.Probe, data.Examples, at.V, _channels, _layout);
        _layout.ClearBorder(at.V, _channels);
        _layout.ClearBorder(at.T0, _channels);
        _layout.ClearBorder(at.T2, _hidden);
        Buffer.MemoryCopy(at.V, at.R, DataMap * sizeof(float), DataMap * sizeof(float));
        ForEachPixel(new TangentOf(leading, at.V, at.T0));
        var value = default(TVector);
        for (int k = 0; k < series.Values.Count; k++)
        {
            FirstTangent(w, at);
            Convolve(at.T1, w.Middle, _hidden, _hidden, 1, at.Second, at.T2);
            var term = new SeriesTerm<TVector, TActivation>(
                at.V,
                at.R,
                (float)series.Directions[k],
                leading,
                at.T0
            );
            InterleavedConvolution<TVector>.Run(at.T2, w.Last, _hidden, _channels, 3, _layout, ref term);
            value += term.Trace * TVector.Create((float)series.Values[k]);
        }
        ForEachPixel(new TangentOf(leading, at.R, at.T0));
        FirstTangent(w, at);
        if (series.Last != 0)
        {
            Convolve(at.T1, w.Middle, _hidden, _hidden, 1, at.Second, at.T2);
            var trace = new TraceEstimate<TVector>(at.V);
            InterleavedConvolution<TVector>.Run(at.T2, w.Last, _hidden, _channels, 3, _layout, ref trace);
            value += trace.Sum * TVector.Create((float)series.Last);
        }
        new Span<float>(&value, data.Examples).CopyTo(new Span<float>(logDet, data.Examples));
    }

    /// <summary>Cotangents of x and of the parameters, given those of y and of the series' estimate.</summary>
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
        var at = maps.With(w);
        var leading = LeadingOf(at);
        float* dy = data.Work,
            dx = dy + DataMap,
            first = dx + DataMap,
            second = first + HiddenMap;
        int hiddenSums = InterleavedLayout.RoundUp(_hidden);
        TVector* secondSums = (TVector*)(second + HiddenMap),
            firstSums = secondSums + hiddenSums,
            secondShares = firstSums + hiddenSums,
            firstShares = secondShares + hiddenSums,
            leadingShares = firstShares + hiddenSums;
        new Span<TVector>(secondSums, 4 * hiddenSums + InterleavedLayout.RoundUp(_channels)).Clear();
        bool series = cotangents.LogDet is not null;
        Enter(data, at, dx);
        if (!TActivation.FollowsFromValue)
            FirstLayer(w, at);
        if (!TActivation.FollowsFromValue && series)
        {
            _layout.ClearBorder(at.T0, _channels);
            ForEachPixel(new TangentOf(leading, at.R, at.T0));
            FirstTangent(w, at);
        }
        MiddleLayer(w, at);
        Interleaving<TVector>.Pack(cotangents.Y, data.Examples, dy, _channels, _layout);
        _layout.ClearBorder(dy, _channels);
        var g = new BranchGradients(cotangents.Parameters, _channels, _hidden, _learned);

        // Behind the last layer: cotangents dy of the value and s v of the tangent J r, where s is that of the
        // estimate.
        float* dp2 = first,
            dq2 = series ? second : null;
        if (series)
        {
            _layout.ClearBorder(at.T2, _hidden);
            Convolve(at.T1, w.Middle, _hidden, _hidden, 1, at.Second, at.T2);
            Interleaving<TVector>.Pack(data.Probe, data.Examples, at.V, _channels, _layout);
            _layout.ClearBorder(at.V, _channels);
            float* scale = stackalloc float[Lanes];
            for (int lane = 0; lane < Lanes; lane++)
                scale[lane] = lane < data.Examples ? cotangents.LogDet[lane] : 0;
            ForEachPixel(new Scaled(TVector.Load(scale), at.V));
            var tangent = new TangentCotangent<TVector, TActivation>(at.Second, at.T2, dq2, dp2);
            InterleavedConvolution<TVector>.Run(at.V, transposed.Last, _channels, _hidden, 3, _layout, ref tangent);
        }
        var value = new PreactivationCotangent<TVector, TActivation>(
            at.Second,
            series ? dp2 : null,
            dp2,
            secondSums,
            secondShares
        );
        InterleavedConvolution<TVector>.Run(dy, transposed.Last, _channels, _hidden, 3, _layout, ref value);
        InterleavedWeightGradient<TVector>.Run(
            new(dy, at.Second.Value),
            new(series ? at.V : null, at.T2),
            _hidden,
            _channels,
            3,
            _layout,
            g.Last
        );
        SumPixels(dy, g.LastBias);
        SumLanes(secondSums, g.MiddleBias);

        // Between the first and the middle layer.
        float* dp1 = Recycle(ref at.Second.Value),
            dq1 = series ? Recycle(ref at.T2) : null;
        _layout.ClearBorder(dp1, _hidden);
        if (series)
        {
            _layout.ClearBorder(dq1, _hidden);
            var tangent = new TangentCotangent<TVector, TActivation>(at.First, at.T1, dq1, dp1);
            InterleavedConvolution<TVector>.Run(dq2, transposed.Middle, _hidden, _hidden, 1, _layout, ref tangent);
        }
        value = new(at.First, series ? dp1 : null, dp1, firstSums, firstShares);
        InterleavedConvolution<TVector>.Run(dp2, transposed.Middle, _hidden, _hidden, 1, _layout, ref value);
        InterleavedWeightGradient<TVector>.Run(
            new(dp2, at.First.Value),
            new(dq2, at.T1),
            _hidden,
            _hidden,
            1,
            _layout,
            g.Middle
        );
        SumLanes(firstSums, g.FirstBias);

        // Before the first layer. r counts as a constant, so without a leading activation nothing of the tangent
        // arrives at x.
        InterleavedWeightGradient<TVector>.Run(
            new(dp1, at.Leading.Value),
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
            var tangent = new TangentCotangent<TVector, TActivation>(leading, at.T0, null, curvature);
            InterleavedConvolution<TVector>.Run(dq1, transposed.First, _hidden, _channels, 3, _layout, ref tangent);
        }
        var through = new InputCotangent<TVector, TActivation>(dy, leading, curvature, dx, leadingShares);
        InterleavedConvolution<TVector>.Run(dp1, transposed.First, _hidden, _channels, 3, _layout, ref through);
        Interleaving<TVector>.Unpack(dx, _channels, _layout, cotangents.X, data.Examples);
        if (!TActivation.IsLearned)
            return;
        if (_leadingActivation)
            g.Learned[0] = at.Leading.Phi.ParameterGradient(Sum(leadingShares, _channels));
        g.Learned[1] = at.First.Phi.ParameterGradient(Sum(firstShares, _hidden));
        g.Learned[2] = at.Second.Phi.ParameterGradient(Sum(secondShares, _hidden));
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
            ForEachPixel(new TangentOf(at.Leading, input, input));
        Convolve(input, w.First, _channels, _hidden, 3, at.First, first);
        _layout.ClearBorder(middle, _hidden);
        Convolve(first, w.Middle, _hidden, _hidden, 1, at.Second, middle);
        Convolve(middle, w.Last, _hidden, _channels, 3, default, output);
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
        Convolve(input, transposed.Last, _channels, _hidden, 3, at.Second, last);
        _layout.ClearBorder(middle, _hidden);
        Convolve(last, transposed.Middle, _hidden, _hidden, 1, at.First, middle);
        Convolve(middle, transposed.First, _hidden, _channels, 3, LeadingOf(at), output);
        Interleaving<TVector>.Unpack(output, _channels, _layout, result, cotangent.Examples);
    }

    /// <summary>A convolution, and the tangent behind an activation if there is one.</summary>
    private void Convolve(
        float* input,
        float* weights,
        int inputs,
        int outputs,
        int kernel,
        in Activated<TVector, TActivation> activation,
        float* output
    )
    {
        var epilogue = new TimesDerivative<TVector, TActivation>(activation, output);
        InterleavedConvolution<TVector>.Run(input, weights, inputs, outputs, kernel, _layout, ref epilogue);
    }

    /// <summary>The leading activation, or none.</summary>
    private Activated<TVector, TActivation> LeadingOf(in Maps at) => _leadingActivation ? at.Leading : default;

    /// <summary>The first layer's input from x.</summary>
    /// <returns>Where x lies, packed: in the scratch map if an activation comes first.</returns>
    private float* Enter(in GroupData data, in Maps at, float* scratch)
    {
        float* input = _leadingActivation ? scratch : at.Leading.Value;
        Interleaving<TVector>.Pack(data.X, data.Examples, input, _channels, _layout);
        _layout.ClearBorder(at.Leading.Value, _channels);
        if (_leadingActivation)
            ForEachPixel(new ActivationOf(input, at.Leading));
        return input;
    }

    /// <summary>From the first layer's input to the middle one's.</summary>
    private void FirstLayer(in BranchWeights w, in Maps at)
    {
        var first = new BiasActivation<TVector, TActivation>(w.FirstBias, at.First);
        InterleavedConvolution<TVector>.Run(at.Leading.Value, w.First, _channels, _hidden, 3, _layout, ref first);
    }

    /// <summary>From the middle layer's input to the last one's.</summary>
    private void MiddleLayer(in BranchWeights w, in Maps at)
    {
        _layout.ClearBorder(at.Second.Value, _hidden);
        var middle = new BiasActivation<TVector, TActivation>(w.MiddleBias, at.Second);
        InterleavedConvolution<TVector>.Run(at.First.Value, w.Middle, _hidden, _hidden, 1, _layout, ref middle);
    }

    /// <summary>T1 from T0.</summary>
    private void FirstTangent(in BranchWeights w, in Maps at) =>
        Convolve(at.T0, w.First, _channels, _hidden, 3, at.First, at.T1);

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

    private static float Sum(TVector* vectors, int count)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
            sum += TVector.Sum(vectors[i]);
        return (float)sum;
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

    private readonly struct ActivationOf(float* p, Activated<TVector, TActivation> activation) : IPixelMap
    {
        public void At(nint at) => activation.Set(TVector.Load(p + at), at);
    }

    private readonly struct TangentOf(Activated<TVector, TActivation> activation, float* q, float* output) : IPixelMap
    {
        public void At(nint at)
        {
            var tangent = TVector.Load(q + at);
            if (!activation.IsNone)
                tangent = activation.Tangent(tangent, at);
            tangent.Store(output + at);
        }
    }

    private readonly struct Scaled(TVector scale, float* x) : IPixelMap
    {
        public void At(nint at) => (TVector.Load(x + at) * scale).Store(x + at);
    }
}
