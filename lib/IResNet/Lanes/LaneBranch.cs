using System.Runtime.Intrinsics;

namespace IResNet.Lanes;

/// <summary>
/// The branch 3x3, 1x1, 3x3 with ELU on one group of examples: value, series and their gradient, layer by layer on packed maps. All sizes of a kind are the same for every
/// group, so that groups can go to different threads.
/// </summary>
internal sealed unsafe class LaneBranch(int channels, int hidden, LaneGeometry geometry, bool leadingActivation)
{
    private const int Lanes = LaneGeometry.Lanes;

    /// <summary>Floats of a map with the data's channels, and with the hidden ones.</summary>
    private nint Narrow => (nint)LaneGeometry.RoundUp(channels) * geometry.Plane;

    private nint Wide => (nint)LaneGeometry.RoundUp(hidden) * geometry.Plane;

    /// <summary>Floats that <see cref="Backward"/> needs from the forward pass: inputs of the three layers, and with a series their tangents and the probe.</summary>
    public nint SavedSize(bool series) => series ? 3 * Narrow + 4 * Wide : Narrow + 2 * Wide;

    /// <summary>Floats of scratch memory a thread.</summary>
    public nint WorkSize => 3 * Narrow + 4 * Wide + 2 * Lanes * LaneGeometry.RoundUp(hidden);

    /// <summary>Floats of the six gradients: weight and bias of each layer in turn.</summary>
    public int GradientSize => 2 * 9 * channels * hidden + hidden * hidden + 2 * hidden + channels;

    /// <summary>Weights and biases as <see cref="LaneWeights"/> packs them.</summary>
    public readonly struct Weights(float* first, float* firstBias, float* middle, float* middleBias, float* last, float* lastBias)
    {
        public readonly float* First = first, FirstBias = firstBias, Middle = middle, MiddleBias = middleBias, Last = last, LastBias = lastBias;
    }

    /// <summary>y = x + g(x), or g(x) alone, and the layers' inputs into <paramref name="saved"/>.</summary>
    public void Forward(in Weights w, float* x, int examples, float* y, float* saved, float* work, bool residual = true)
    {
        var at = new SavedMaps(saved, Narrow, Wide);
        float* input = leadingActivation ? work : at.A0;
        LaneTranspose.Pack(x, examples, input, channels, geometry);
        geometry.ClearBorder(at.A0, channels);
        geometry.ClearBorder(at.A2, hidden);
        if (leadingActivation) ForEachPixel(new EluOf(input, at.A0));
        Layers(w, at);
        float* output = work + Narrow;
        var last = new BiasResidual(w.LastBias, residual ? input : null, output);
        LaneConvolution.Run(at.A2, w.Last, hidden, channels, 3, geometry, ref last);
        LaneTranspose.Unpack(output, channels, geometry, y, examples);
    }

    /// <summary>
    /// The estimate of <see cref="NeumannSeries"/> at the point of <see cref="Forward"/>, a value an example, and the tangents of its surrogate into <paramref name="saved"/>.
    /// </summary>
    public void Series(in Weights w, int terms, float* probe, int examples, float* logDet, float* saved, float* work)
    {
        var at = new SavedMaps(saved, Narrow, Wide);
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
        for (int lane = 0; lane < examples; lane++) logDet[lane] = value[lane];
    }

    /// <summary>Cotangents of x and of the weights, given those of y and of the series' estimate.</summary>
    /// <param name="transposed">The three transposed weights; no biases.</param>
    /// <param name="y">Cotangent of y, in torch's layout.</param>
    /// <param name="logDet">Cotangent of the estimate, one an example; null if there was no series.</param>
    /// <param name="examples">Examples in this group.</param>
    /// <param name="saved">As the forward pass left it.</param>
    /// <param name="work">Scratch memory.</param>
    /// <param name="x">Receives the cotangent of x, in torch's layout.</param>
    /// <param name="gradient">Receives the six gradients.</param>
    public void Backward(in Weights transposed, float* y, float* logDet, int examples, float* saved, float* work, float* x, float* gradient)
    {
        var at = new SavedMaps(saved, Narrow, Wide);
        float* dy = work, probe = dy + Narrow, dx = probe + Narrow, first = dx + Narrow, second = first + Wide, third = second + Wide, fourth = third + Wide;
        var sums = (Vector512<float>*)(fourth + Wide);
        int wide = LaneGeometry.RoundUp(hidden);
        bool series = logDet is not null;
        LaneTranspose.Pack(y, examples, dy, channels, geometry);
        geometry.ClearBorder(dy, channels);
        var g = new Gradients(gradient, channels, hidden);

        // Behind the last layer: cotangents dy of the value and s v of the tangent J r, where s is that of the estimate.
        float* dp = first, dq = series ? second : null;
        if (series)
        {
            geometry.ClearBorder(probe, channels);
            float* scale = stackalloc float[Lanes];
            for (int lane = 0; lane < Lanes; lane++) scale[lane] = lane < examples ? logDet[lane] : 0;
            ForEachPixel(new Scaled(at.V, Vector512.Load(scale), probe));
            var tangent = new TangentCotangent(at.A2, at.T2, dq, dp);
            LaneConvolution.Run(probe, transposed.Last, channels, hidden, 3, geometry, ref tangent);
        }
        new Span<Vector512<float>>(sums, 2 * wide).Clear();
        var value = new PreactivationCotangent(at.A2, series ? dp : null, dp, sums);
        LaneConvolution.Run(dy, transposed.Last, channels, hidden, 3, geometry, ref value);
        LaneWeightGradient.Run(new(dy, at.A2), new(series ? probe : null, at.T2), hidden, channels, 3, geometry, g.Last);
        SumPixels(dy, g.LastBias);
        SumLanes(sums, g.MiddleBias);

        // Between the first and the middle layer.
        float* dp1 = third, dq1 = series ? fourth : null;
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

        // Before the first layer. r counts as a constant, so without a leading activation nothing of the tangent arrives at x.
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
        LaneTranspose.Unpack(dx, channels, geometry, x, examples);
    }

    /// <summary>J t at the point of <see cref="Forward"/>.</summary>
    public void Jvp(in Weights w, float* tangent, int examples, float* result, float* saved, float* work)
    {
        var at = new SavedMaps(saved, Narrow, Wide);
        float* input = work, first = input + Narrow, middle = first + Wide, output = middle + Wide;
        LaneTranspose.Pack(tangent, examples, input, channels, geometry);
        geometry.ClearBorder(input, channels);
        if (leadingActivation) ForEachPixel(new SlopeTimes(at.A0, input, input));
        Convolve(input, w.First, channels, hidden, 3, at.A1, first);
        geometry.ClearBorder(middle, hidden);
        Convolve(first, w.Middle, hidden, hidden, 1, at.A2, middle);
        Convolve(middle, w.Last, hidden, channels, 3, null, output);
        LaneTranspose.Unpack(output, channels, geometry, result, examples);
    }

    /// <summary>Transposed J times u at the point of <see cref="Forward"/>.</summary>
    public void Vjp(in Weights transposed, float* cotangent, int examples, float* result, float* saved, float* work)
    {
        var at = new SavedMaps(saved, Narrow, Wide);
        float* input = work, last = input + Narrow, middle = last + Wide, output = middle + Wide;
        LaneTranspose.Pack(cotangent, examples, input, channels, geometry);
        geometry.ClearBorder(input, channels);
        Convolve(input, transposed.Last, channels, hidden, 3, at.A2, last);
        geometry.ClearBorder(middle, hidden);
        Convolve(last, transposed.Middle, hidden, hidden, 1, at.A1, middle);
        Convolve(middle, transposed.First, hidden, channels, 3, leadingActivation ? at.A0 : null, output);
        LaneTranspose.Unpack(output, channels, geometry, result, examples);
    }

    /// <summary>A convolution, times the slope of an activation if there is one.</summary>
    private void Convolve(float* input, float* weights, int inputs, int outputs, int kernel, float* activation, float* output)
    {
        var epilogue = new TimesSlope(activation, output);
        LaneConvolution.Run(input, weights, inputs, outputs, kernel, geometry, ref epilogue);
    }

    private void Layers(in Weights w, in SavedMaps at)
    {
        var first = new BiasElu(w.FirstBias, at.A1);
        LaneConvolution.Run(at.A0, w.First, channels, hidden, 3, geometry, ref first);
        var middle = new BiasElu(w.MiddleBias, at.A2);
        LaneConvolution.Run(at.A1, w.Middle, hidden, hidden, 1, geometry, ref middle);
    }

    private void TangentLayers(in Weights w, in SavedMaps at)
    {
        Convolve(at.T0, w.First, channels, hidden, 3, at.A1, at.T1);
        Convolve(at.T1, w.Middle, hidden, hidden, 1, at.A2, at.T2);
    }

    private void SumPixels(float* map, float* sums)
    {
        for (int channel = 0; channel < channels; channel++)
        {
            var sum = Vector512<float>.Zero;
            // The border is zero.
            for (float* x = map + channel * (nint)geometry.Plane, end = x + geometry.Plane; x < end; x += Lanes) sum += Vector512.Load(x);
            sums[channel] = Vector512.Sum(sum);
        }
    }

    private void SumLanes(Vector512<float>* vectors, float* sums)
    {
        for (int channel = 0; channel < hidden; channel++) sums[channel] = Vector512.Sum(vectors[channel]);
    }

    private void ForEachPixel<TMap>(TMap map) where TMap : struct, IPixelMap
    {
        int* offsets = geometry.Offsets;
        for (int channel = 0; channel < channels; channel++)
        {
            nint first = channel * (nint)geometry.Plane + geometry.First;
            for (int pixel = 0; pixel < geometry.Pixels; pixel++) map.At(first + offsets[pixel]);
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
            if (activation is not null) value *= Elu512.Slope(Vector512.Load(activation + at));
            value.Store(output + at);
        }
    }

    private readonly struct Scaled(float* x, Vector512<float> scale, float* output) : IPixelMap
    {
        public void At(nint at) => (Vector512.Load(x + at) * scale).Store(output + at);
    }

    /// <summary>Inputs A of the three layers, tangents T of the same, and the probe V.</summary>
    private readonly struct SavedMaps(float* start, nint narrow, nint wide)
    {
        public readonly float* A0 = start, A1 = start + narrow, A2 = start + narrow + wide;
        public readonly float* T0 = start + narrow + 2 * wide, T1 = start + 2 * narrow + 2 * wide, T2 = start + 2 * narrow + 3 * wide;
        public readonly float* V = start + 2 * narrow + 4 * wide;
    }

    /// <summary>Where each gradient lies.</summary>
    private readonly struct Gradients(float* start, int channels, int hidden)
    {
        public readonly float* First = start, FirstBias = start + 9 * channels * hidden;
        public readonly float* Middle = start + 9 * channels * hidden + hidden;
        public readonly float* MiddleBias = start + 9 * channels * hidden + hidden + hidden * hidden;
        public readonly float* Last = start + 9 * channels * hidden + 2 * hidden + hidden * hidden;
        public readonly float* LastBias = start + 2 * 9 * channels * hidden + 2 * hidden + hidden * hidden;
    }
}
