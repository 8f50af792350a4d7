using System.Runtime.Intrinsics;

namespace IResNet.Lanes;

/// <summary>
/// The branch 3x3, 1x1, 3x3 with ELU on one group of examples: value, series and their gradient, layer by layer on
/// packed maps. All sizes of a kind are the same for every group, so that groups can go to different threads.
/// </summary>
internal sealed unsafe class LaneBranch(int channels, int hidden, LaneGeometry geometry, bool leadingActivation)
{
    private const int Lanes = LaneGeometry.Lanes;

    /// <summary>Floats of a map with the data's channels, and with the hidden ones.</summary>
    private nint Narrow => (nint)LaneGeometry.RoundUp(channels) * geometry.Plane;

    private nint Wide => (nint)LaneGeometry.RoundUp(hidden) * geometry.Plane;

    /// <summary>Floats that Jacobian products need of an evaluation: the inputs of the three layers.</summary>
    public nint PointSize => Narrow + 2 * Wide;

    /// <summary>
    /// Floats that <see cref="Backward"/> needs from the forward pass: the middle layer's input, and with a series its
    /// tangent and the first layer's. Everything else is a packing, an activation or the 1x1 convolution away, which
    /// costs a fortieth of a step and halves its memory.
    /// </summary>
    public nint SavedSize(bool series) => series ? Narrow + 2 * Wide : Wide;

    /// <summary>Floats of scratch memory a thread.</summary>
    public nint WorkSize => OwnWork + 2 * Narrow + 2 * Wide;

    /// <summary>The part of the scratch memory that is no map of <see cref="Maps"/>.</summary>
    private nint OwnWork => 2 * Narrow + 2 * Wide + 2 * Lanes * LaneGeometry.RoundUp(hidden);

    /// <summary>Weights and biases as <see cref="LaneWeights"/> packs them.</summary>
    public readonly struct Weights(
        float* first,
        float* firstBias,
        float* middle,
        float* middleBias,
        float* last,
        float* lastBias
    )
    {
        public readonly float* First = first,
            FirstBias = firstBias,
            Middle = middle,
            MiddleBias = middleBias,
            Last = last,
            LastBias = lastBias;
    }

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
            A1 = point + Narrow,
            A2 = point + Narrow + Wide,
        };

    /// <summary>
    /// Maps of a training step: what <see cref="SavedSize"/> counts in <paramref name="saved"/>, the others in scratch
    /// memory.
    /// </summary>
    public Maps MapsOfStep(float* saved, float* work)
    {
        float* scratch = work + OwnWork;
        return new()
        {
            A1 = saved,
            T1 = saved + Wide,
            T0 = saved + 2 * Wide,
            A0 = scratch,
            V = scratch + Narrow,
            A2 = scratch + 2 * Narrow,
            T2 = scratch + 2 * Narrow + Wide,
        };
    }

    /// <summary>y = x + g(x), or g(x) alone, and the layers' inputs into maps.</summary>
    public void Forward(in Weights w, float* x, int examples, float* y, in Maps at, float* work, bool residual = true)
    {
        float* input = Enter(x, examples, at.A0, work);
        var first = new BiasElu(w.FirstBias, at.A1);
        LaneConvolution.Run(at.A0, w.First, channels, hidden, 3, geometry, ref first);
        Middle(w, at);
        float* output = work + Narrow;
        var last = new BiasResidual(w.LastBias, residual ? input : null, output);
        LaneConvolution.Run(at.A2, w.Last, hidden, channels, 3, geometry, ref last);
        LaneTranspose.Unpack(output, channels, geometry, y, examples);
    }

    /// <summary>Floats of a map like x.</summary>
    public nint DataSize => Narrow;

    /// <summary>Packs examples into a map whose border is zero.</summary>
    public void Pack(float* x, int examples, float* map)
    {
        geometry.ClearBorder(map, channels);
        LaneTranspose.Pack(x, examples, map, channels, geometry);
    }

    /// <summary>The way back.</summary>
    public void Unpack(float* map, float* x, int examples) =>
        LaneTranspose.Unpack(map, channels, geometry, x, examples);

    /// <summary>One step of the fixed point's iteration on maps with zero borders: g(x) into the epilogue.</summary>
    /// <param name="w">The weights and biases.</param>
    /// <param name="x">A point.</param>
    /// <param name="at">Scratch maps. Their borders must be zero: one <see cref="ClearBorders"/> serves many
    /// steps.</param>
    /// <param name="image">Takes g(x).</param>
    public void Iterate(in Weights w, float* x, in Maps at, ref ImageOf image)
    {
        if (leadingActivation)
            ForEachPixel(new EluOf(x, at.A0));
        var first = new BiasElu(w.FirstBias, at.A1);
        LaneConvolution.Run(leadingActivation ? at.A0 : x, w.First, channels, hidden, 3, geometry, ref first);
        var middle = new BiasElu(w.MiddleBias, at.A2);
        LaneConvolution.Run(at.A1, w.Middle, hidden, hidden, 1, geometry, ref middle);
        LaneConvolution.Run(at.A2, w.Last, hidden, channels, 3, geometry, ref image);
    }

    /// <summary>Zeroes the borders of the maps that 3x3 kernels read.</summary>
    public void ClearBorders(in Maps at)
    {
        geometry.ClearBorder(at.A0, channels);
        geometry.ClearBorder(at.A2, hidden);
    }

    /// <summary>
    /// The estimate of <see cref="NeumannSeries"/> at the point of <see cref="Forward"/>, a value an example, and the
    /// tangents of its surrogate into maps.
    /// </summary>
    public void Series(in Weights w, int terms, float* probe, int examples, float* logDet, in Maps at, float* work)
    {
        float* leading = leadingActivation ? at.A0 : null;
        LaneTranspose.Pack(probe, examples, at.V, channels, geometry);
        geometry.ClearBorder(at.V, channels);
        geometry.ClearBorder(at.T0, channels);
        geometry.ClearBorder(at.T2, hidden);
        float* r = work;
        Buffer.MemoryCopy(at.V, r, Narrow * sizeof(float), Narrow * sizeof(float));
        ForEachPixel(new SlopeTimes(leading, at.V, at.T0));
        var value = Vector512<float>.Zero;
        for (int k = 1; k < terms; k++)
        {
            float sign = k % 2 == 1 ? 1 : -1;
            TangentLayers(w, at);
            var term = new SeriesTerm(at.V, r, -sign, leading, at.T0);
            LaneConvolution.Run(at.T2, w.Last, hidden, channels, 3, geometry, ref term);
            value += term.Trace * (sign * (1f / k - 1f / terms));
        }
        ForEachPixel(new SlopeTimes(leading, r, at.T0));
        TangentLayers(w, at);
        var trace = new Trace(at.V);
        LaneConvolution.Run(at.T2, w.Last, hidden, channels, 3, geometry, ref trace);
        value += trace.Sum * (1f / terms);
        for (int lane = 0; lane < examples; lane++)
            logDet[lane] = value[lane];
    }

    /// <summary>Cotangents of x and of the weights, given those of y and of the series' estimate.</summary>
    /// <param name="w">The weights and biases.</param>
    /// <param name="transposed">The three transposed weights; no biases.</param>
    /// <param name="x">As in the forward pass.</param>
    /// <param name="v">The probe, as in the forward pass.</param>
    /// <param name="y">Cotangent of y, in torch's layout.</param>
    /// <param name="logDet">Cotangent of the estimate, one an example; null if there was no series.</param>
    /// <param name="examples">Examples in this group.</param>
    /// <param name="at">As the forward pass left it in what is saved.</param>
    /// <param name="work">Scratch memory.</param>
    /// <param name="result">Receives the cotangent of x, in torch's layout.</param>
    /// <param name="gradient">Receives the six gradients.</param>
    public void Backward(
        in Weights w,
        in Weights transposed,
        float* x,
        float* v,
        float* y,
        float* logDet,
        int examples,
        in Maps at,
        float* work,
        float* result,
        float* gradient
    )
    {
        float* dy = work,
            dx = dy + Narrow,
            first = dx + Narrow,
            second = first + Wide;
        var sums = (Vector512<float>*)(second + Wide);
        int wide = LaneGeometry.RoundUp(hidden);
        bool series = logDet is not null;
        Enter(x, examples, at.A0, dx);
        Middle(w, at);
        LaneTranspose.Pack(y, examples, dy, channels, geometry);
        geometry.ClearBorder(dy, channels);
        var g = new Gradients(gradient, channels, hidden);

        // Behind the last layer: cotangents dy of the value and s v of the tangent J r, where s is that of the
        // estimate.
        float* dp = first,
            dq = series ? second : null,
            probe = at.V;
        if (series)
        {
            MiddleTangent(w, at);
            LaneTranspose.Pack(v, examples, probe, channels, geometry);
            geometry.ClearBorder(probe, channels);
            float* scale = stackalloc float[Lanes];
            for (int lane = 0; lane < Lanes; lane++)
                scale[lane] = lane < examples ? logDet[lane] : 0;
            ForEachPixel(new Scaled(Vector512.Load(scale), probe));
            var tangent = new TangentCotangent(at.A2, at.T2, dq, dp);
            LaneConvolution.Run(probe, transposed.Last, channels, hidden, 3, geometry, ref tangent);
        }
        new Span<Vector512<float>>(sums, 2 * wide).Clear();
        var value = new PreactivationCotangent(at.A2, series ? dp : null, dp, sums);
        LaneConvolution.Run(dy, transposed.Last, channels, hidden, 3, geometry, ref value);
        LaneWeightGradient.Run(
            new(dy, at.A2),
            new(series ? probe : null, at.T2),
            hidden,
            channels,
            3,
            geometry,
            g.Last
        );
        SumPixels(dy, g.LastBias);
        SumLanes(sums, g.MiddleBias);

        // Between the first and the middle layer. The last layer's inputs have been used.
        float* dp1 = at.A2,
            dq1 = series ? at.T2 : null;
        geometry.ClearBorder(dp1, hidden);
        if (series)
        {
            geometry.ClearBorder(dq1, hidden);
            var tangent = new TangentCotangent(at.A1, at.T1, dq1, dp1);
            LaneConvolution.Run(dq, transposed.Middle, hidden, hidden, 1, geometry, ref tangent);
        }
        value = new PreactivationCotangent(at.A1, series ? dp1 : null, dp1, sums + wide);
        LaneConvolution.Run(dp, transposed.Middle, hidden, hidden, 1, geometry, ref value);
        LaneWeightGradient.Run(new(dp, at.A1), new(dq, at.T1), hidden, hidden, 1, geometry, g.Middle);
        SumLanes(sums + wide, g.FirstBias);

        // Before the first layer. r counts as a constant, so without a leading activation nothing of the tangent
        // arrives at x.
        float* leading = leadingActivation ? at.A0 : null;
        LaneWeightGradient.Run(new(dp1, at.A0), new(dq1, at.T0), channels, hidden, 3, geometry, g.First);
        float* curvature = series && leadingActivation ? probe : null;
        if (curvature is not null)
        {
            var tangent = new TangentCotangent(at.A0, at.T0, null, curvature);
            LaneConvolution.Run(dq1, transposed.First, hidden, channels, 3, geometry, ref tangent);
        }
        var through = new InputCotangent(dy, leading, curvature, dx);
        LaneConvolution.Run(dp1, transposed.First, hidden, channels, 3, geometry, ref through);
        LaneTranspose.Unpack(dx, channels, geometry, result, examples);
    }

    /// <summary>J t at the point of <see cref="Forward"/>.</summary>
    public void Jvp(in Weights w, float* tangent, int examples, float* result, in Maps at, float* work)
    {
        float* input = work,
            first = input + Narrow,
            middle = first + Wide,
            output = middle + Wide;
        LaneTranspose.Pack(tangent, examples, input, channels, geometry);
        geometry.ClearBorder(input, channels);
        if (leadingActivation)
            ForEachPixel(new SlopeTimes(at.A0, input, input));
        Convolve(input, w.First, channels, hidden, 3, at.A1, first);
        geometry.ClearBorder(middle, hidden);
        Convolve(first, w.Middle, hidden, hidden, 1, at.A2, middle);
        Convolve(middle, w.Last, hidden, channels, 3, null, output);
        LaneTranspose.Unpack(output, channels, geometry, result, examples);
    }

    /// <summary>Transposed J times u at the point of <see cref="Forward"/>.</summary>
    public void Vjp(in Weights transposed, float* cotangent, int examples, float* result, in Maps at, float* work)
    {
        float* input = work,
            last = input + Narrow,
            middle = last + Wide,
            output = middle + Wide;
        LaneTranspose.Pack(cotangent, examples, input, channels, geometry);
        geometry.ClearBorder(input, channels);
        Convolve(input, transposed.Last, channels, hidden, 3, at.A2, last);
        geometry.ClearBorder(middle, hidden);
        Convolve(last, transposed.Middle, hidden, hidden, 1, at.A1, middle);
        Convolve(middle, transposed.First, hidden, channels, 3, leadingActivation ? at.A0 : null, output);
        LaneTranspose.Unpack(output, channels, geometry, result, examples);
    }

    /// <summary>A convolution, times the slope of an activation if there is one.</summary>
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
        var epilogue = new TimesSlope(activation, output);
        LaneConvolution.Run(input, weights, inputs, outputs, kernel, geometry, ref epilogue);
    }

    /// <summary>A0 from x.</summary>
    /// <returns>Where x lies, packed: in the scratch map if an activation comes first.</returns>
    private float* Enter(float* x, int examples, float* a0, float* scratch)
    {
        float* input = leadingActivation ? scratch : a0;
        LaneTranspose.Pack(x, examples, input, channels, geometry);
        geometry.ClearBorder(a0, channels);
        if (leadingActivation)
            ForEachPixel(new EluOf(input, a0));
        return input;
    }

    /// <summary>A2 from A1.</summary>
    private void Middle(in Weights w, in Maps at)
    {
        geometry.ClearBorder(at.A2, hidden);
        var middle = new BiasElu(w.MiddleBias, at.A2);
        LaneConvolution.Run(at.A1, w.Middle, hidden, hidden, 1, geometry, ref middle);
    }

    /// <summary>T1 and T2 from T0.</summary>
    private void TangentLayers(in Weights w, in Maps at)
    {
        Convolve(at.T0, w.First, channels, hidden, 3, at.A1, at.T1);
        Convolve(at.T1, w.Middle, hidden, hidden, 1, at.A2, at.T2);
    }

    /// <summary>T2 from T1.</summary>
    private void MiddleTangent(in Weights w, in Maps at)
    {
        geometry.ClearBorder(at.T2, hidden);
        Convolve(at.T1, w.Middle, hidden, hidden, 1, at.A2, at.T2);
    }

    private void SumPixels(float* map, float* sums)
    {
        for (int channel = 0; channel < channels; channel++)
        {
            var sum = Vector512<float>.Zero;
            // The border is zero.
            for (float* x = map + channel * (nint)geometry.Plane, end = x + geometry.Plane; x < end; x += Lanes)
                sum += Vector512.Load(x);
            sums[channel] = Vector512.Sum(sum);
        }
    }

    private void SumLanes(Vector512<float>* vectors, float* sums)
    {
        for (int channel = 0; channel < hidden; channel++)
            sums[channel] = Vector512.Sum(vectors[channel]);
    }

    private void ForEachPixel<TMap>(TMap map)
        where TMap : struct, IPixelMap
    {
        int* offsets = geometry.Offsets;
        for (int channel = 0; channel < channels; channel++)
        {
            nint first = channel * (nint)geometry.Plane + geometry.First;
            for (int pixel = 0; pixel < geometry.Pixels; pixel++)
                map.At(first + offsets[pixel]);
        }
    }

    private interface IPixelMap
    {
        void At(nint at);
    }

    private readonly struct EluOf(float* p, float* output) : IPixelMap
    {
        public void At(nint at) => Elu512.Value(Vector512.Load(p + at)).Store(output + at);
    }

    private readonly struct SlopeTimes(float* activation, float* t, float* output) : IPixelMap
    {
        public void At(nint at)
        {
            var value = Vector512.Load(t + at);
            if (activation is not null)
                value *= Elu512.Slope(Vector512.Load(activation + at));
            value.Store(output + at);
        }
    }

    private readonly struct Scaled(Vector512<float> scale, float* x) : IPixelMap
    {
        public void At(nint at) => (Vector512.Load(x + at) * scale).Store(x + at);
    }

    /// <summary>Where each gradient lies.</summary>
    public readonly struct Gradients(float* start, int channels, int hidden)
    {
        public readonly float* First = start,
            FirstBias = start + 9 * channels * hidden;
        public readonly float* Middle = start + 9 * channels * hidden + hidden;
        public readonly float* MiddleBias = start + 9 * channels * hidden + hidden + hidden * hidden;
        public readonly float* Last = start + 9 * channels * hidden + 2 * hidden + hidden * hidden;
        public readonly float* LastBias = start + 2 * 9 * channels * hidden + 2 * hidden + hidden * hidden;
    }
}
