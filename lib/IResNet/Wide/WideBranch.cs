using System.Runtime.Intrinsics;
using IResNet.Lanes;

namespace IResNet.Wide;

/// <summary>
/// The branch 3x3, 1x1, 3x3 with ELU on a few images, for many hidden channels: every layer is a matrix product over
/// (image, pixel) rows, hidden maps lie row by row, and the data's few channels stay in torch's layout. With few images
/// this fills registers that lanes of sixteen examples would leave empty.
/// </summary>
internal sealed unsafe class WideBranch(int channels, int hidden, int height, int width, bool leadingActivation)
{
    /// <summary>Images that are taken together.</summary>
    public const int Images = 2;

    // Beside whole tiles, a line more a row: strides of powers of two would fall on the same places of the cache.
    private const int Skew = LaneGeometry.Lanes,
        Lanes = LaneGeometry.Lanes;

    private readonly WidePatches _patches = new(channels, height, width);

    private int Pixels => height * width;

    private int Taps => channels * WidePatches.Taps;

    private int Rows => RoundUp(Images * Pixels);

    private nint HiddenStride => WidePanels.RoundUp(hidden) + Skew;

    private nint PatchStride => WidePanels.RoundUp(Taps) + Skew;

    /// <summary>Floats of a hidden map, of a patch map, and of the images themselves.</summary>
    private nint Wide => Rows * HiddenStride;

    private nint Patch => Rows * PatchStride;

    private nint Narrow => Lines((nint)Images * channels * Pixels);

    private nint LastSize => RoundUp(hidden) * PatchStride;

    private nint PanelSize => (nint)2 * WideProduct.Columns * Rows;

    /// <summary>
    /// Floats that <see cref="Backward"/> needs from the forward pass: inputs of the last two layers, and with a series
    /// tangents of all three layers' inputs.
    /// </summary>
    public nint SavedSize(bool series) => series ? 4 * Wide + Narrow : 2 * Wide;

    /// <summary>Floats of scratch memory a thread.</summary>
    public nint WorkSize => Lines(2 * Wide + 3 * Patch + LastSize + PanelSize + 3 * Narrow + _patches.ScratchSize);

    /// <summary>y = x + g(x), and the layers' inputs into <paramref name="saved"/>.</summary>
    public void Forward(in LaneBranch.Weights w, float* x, int examples, float* y, float* saved, float* work)
    {
        var (at, own) = (new SavedMaps(saved, Wide), Scratch(work));
        int rows = examples * Pixels,
            size = examples * channels * Pixels;
        float* input = Enter(x, size, own.A0);
        _patches.Spread(input, examples, reversed: false, own.Left, PatchStride, own.Plane);
        var first = new ColumnBiasElu(w.FirstBias, at.A1);
        WideProduct.Run(own.Left, PatchStride, w.First, rows, Taps, hidden, HiddenStride, ref first);
        var middle = new ColumnBiasElu(w.MiddleBias, at.A2);
        WideProduct.Run(at.A1, HiddenStride, w.Middle, rows, hidden, hidden, HiddenStride, ref middle);
        Last(w, at.A2, examples, y, own);
        for (int i = 0; i < size; i++)
            y[i] += x[i] + w.LastBias[i / Pixels % channels];
    }

    /// <summary>
    /// The estimate of <see cref="NeumannSeries"/> at the point of <see cref="Forward"/>, a value an example, and the
    /// tangents of its surrogate into <paramref name="saved"/>.
    /// </summary>
    public void Series(
        in LaneBranch.Weights w,
        int terms,
        float* probe,
        int examples,
        float* logDet,
        float* saved,
        float* work
    )
    {
        var (at, own) = (new SavedMaps(saved, Wide), Scratch(work));
        int image = channels * Pixels,
            size = examples * image;
        float* leading = leadingActivation ? own.A0 : null;
        float* r = own.First,
            product = own.Second;
        new Span<float>(logDet, examples).Clear();
        new Span<float>(probe, size).CopyTo(new Span<float>(r, size));
        TimesSlopes(leading, probe, at.T0, size);
        for (int k = 1; k < terms; k++)
        {
            float sign = k % 2 == 1 ? 1 : -1;
            Tangent(w, at, examples, product, own);
            for (int i = 0; i < examples; i++)
                logDet[i] +=
                    sign * (1f / k - 1f / terms) * VectorMath.Dot(probe + i * image, product + i * image, image);
            VectorMath.Add(product, -sign, r, size);
            TimesSlopes(leading, product, at.T0, size);
        }
        TimesSlopes(leading, r, at.T0, size);
        Tangent(w, at, examples, product, own);
        for (int i = 0; i < examples; i++)
            logDet[i] += VectorMath.Dot(probe + i * image, product + i * image, image) / terms;
    }

    /// <summary>
    /// Cotangents of x and of the weights, as <see cref="LaneBranch.Backward"/> gives them. Overwrites what is saved.
    /// </summary>
    public void Backward(
        in LaneBranch.Weights transposed,
        float* x,
        float* v,
        float* y,
        float* logDet,
        int examples,
        float* saved,
        float* work,
        float* result,
        float* gradient
    )
    {
        var (at, own) = (new SavedMaps(saved, Wide), Scratch(work));
        int rows = examples * Pixels,
            image = channels * Pixels,
            size = examples * image;
        bool series = logDet is not null;
        float* input = Enter(x, size, own.A0);
        var g = new LaneBranch.Gradients(gradient, channels, hidden);

        // Behind the last layer: cotangents dy of the value and s v of the tangent J r, where s is that of the
        // estimate.
        float* dp = own.Wide1,
            dq = series ? own.Wide2 : null,
            dys = own.Left,
            probes = series ? own.Right : null;
        if (series)
        {
            for (int i = 0; i < size; i++)
                own.First[i] = v[i] * logDet[i / image];
            _patches.Spread(own.First, examples, reversed: true, probes, PatchStride, own.Plane);
            var tangent = new TangentCotangent(at.A2, at.T2, dq, dp);
            WideProduct.Run(probes, PatchStride, transposed.Last, rows, Taps, hidden, HiddenStride, ref tangent);
        }
        _patches.Spread(y, examples, reversed: true, dys, PatchStride, own.Plane);
        var value = new ThroughActivation(at.A2, series ? dp : null, dp);
        WideProduct.Run(dys, PatchStride, transposed.Last, rows, Taps, hidden, HiddenStride, ref value);
        LastGradient(new(at.A2, dys), new(series ? at.T2 : null, probes), rows, g.Last, own);
        for (int channel = 0; channel < channels; channel++)
            g.LastBias[channel] = SumOf(y + channel * Pixels, examples, image);
        SumRows(dp, rows, g.MiddleBias);

        // Between the first and the middle layer. The last layer's inputs have been used.
        float* dp1 = at.A2,
            dq1 = series ? at.T2 : null;
        if (series)
        {
            var tangent = new TangentCotangent(at.A1, at.T1, dq1, dp1);
            WideProduct.Run(dq, HiddenStride, transposed.Middle, rows, hidden, hidden, HiddenStride, ref tangent);
        }
        value = new ThroughActivation(at.A1, series ? dp1 : null, dp1);
        WideProduct.Run(dp, HiddenStride, transposed.Middle, rows, hidden, hidden, HiddenStride, ref value);
        var middle = new WithinMatrix(g.Middle, hidden, hidden);
        WideProduct.RunTransposed(
            new(dp, at.A1),
            new(dq, at.T1),
            HiddenStride,
            HiddenStride,
            rows,
            hidden,
            hidden,
            own.Panels,
            hidden,
            ref middle
        );
        SumRows(dp1, rows, g.FirstBias);

        // Before the first layer. r counts as a constant, so without a leading activation nothing of the tangent
        // arrives at x.
        _patches.Spread(input, examples, reversed: false, own.Left, PatchStride, own.Plane);
        if (series)
            _patches.Spread(at.T0, examples, reversed: false, own.Right, PatchStride, own.Plane);
        var first = new WithinMatrix(g.First, hidden, Taps);
        WideProduct.RunTransposed(
            new(dp1, own.Left),
            new(dq1, own.Right),
            HiddenStride,
            PatchStride,
            rows,
            hidden,
            Taps,
            own.Panels,
            Taps,
            ref first
        );
        FirstTransposed(transposed, dp1, examples, own.First, own);
        TimesSlopes(leadingActivation ? own.A0 : null, own.First, own.First, size);
        for (int i = 0; i < size; i++)
            result[i] = y[i] + own.First[i];
        if (!series || !leadingActivation)
            return;
        FirstTransposed(transposed, dq1, examples, own.First, own);
        for (int i = 0; i < size; i++)
            if (own.A0[i] <= 0)
                result[i] += own.First[i] * at.T0[i];
    }

    /// <summary>Up to whole cache lines.</summary>
    private static nint Lines(nint floats) => (floats + Lanes - 1) / Lanes * Lanes;

    private static int RoundUp(int rows) => (rows + WideProduct.Rows - 1) / WideProduct.Rows * WideProduct.Rows;

    /// <summary>The first layer's input: x, or its activation in <paramref name="a0"/>.</summary>
    private float* Enter(float* x, int size, float* a0)
    {
        if (!leadingActivation)
            return x;
        int i = 0;
        for (; i <= size - Lanes; i += Lanes)
            Elu512.Value(Vector512.Load(x + i)).Store(a0 + i);
        for (; i < size; i++)
            a0[i] = Elu512.Value(Vector512.Create(x[i]))[0];
        return a0;
    }

    /// <summary>J t for the t of which the first layer's tangent is T0; fills T1 and T2.</summary>
    private void Tangent(in LaneBranch.Weights w, in SavedMaps at, int examples, float* product, in Own own)
    {
        int rows = examples * Pixels;
        _patches.Spread(at.T0, examples, reversed: false, own.Left, PatchStride, own.Plane);
        var first = new TimesSlope(at.A1, at.T1);
        WideProduct.Run(own.Left, PatchStride, w.First, rows, Taps, hidden, HiddenStride, ref first);
        var middle = new TimesSlope(at.A2, at.T2);
        WideProduct.Run(at.T1, HiddenStride, w.Middle, rows, hidden, hidden, HiddenStride, ref middle);
        Last(w, at.T2, examples, product, own);
    }

    /// <summary>The last layer without its bias.</summary>
    private void Last(in LaneBranch.Weights w, float* map, int examples, float* images, in Own own)
    {
        var sum = new PlainSum(own.Right);
        WideProduct.Run(map, HiddenStride, w.Last, examples * Pixels, hidden, Taps, PatchStride, ref sum);
        _patches.Gather(own.Right, PatchStride, examples, reversed: true, images, own.Plane);
    }

    /// <summary>The transposed first layer.</summary>
    private void FirstTransposed(in LaneBranch.Weights transposed, float* map, int examples, float* images, in Own own)
    {
        var sum = new PlainSum(own.Spread);
        WideProduct.Run(map, HiddenStride, transposed.First, examples * Pixels, hidden, Taps, PatchStride, ref sum);
        _patches.Gather(own.Spread, PatchStride, examples, reversed: false, images, own.Plane);
    }

    private void LastGradient(WideProduct.Pair primal, WideProduct.Pair tangent, int rows, float* gradient, in Own own)
    {
        var sum = new PlainSum(own.Last);
        WideProduct.RunTransposed(
            primal,
            tangent,
            HiddenStride,
            PatchStride,
            rows,
            hidden,
            Taps,
            own.Panels,
            PatchStride,
            ref sum
        );
        for (int input = 0; input < hidden; input++)
        for (int output = 0; output < channels; output++)
        {
            float* from = own.Last + input * PatchStride + output * WidePatches.Taps;
            new Span<float>(from, WidePatches.Taps).CopyTo(
                new Span<float>(gradient + ((nint)output * hidden + input) * WidePatches.Taps, WidePatches.Taps)
            );
        }
    }

    private float SumOf(float* plane, int examples, int image)
    {
        float sum = 0;
        for (int example = 0; example < examples; example++)
        for (int pixel = 0; pixel < Pixels; pixel++)
            sum += plane[(nint)example * image + pixel];
        return sum;
    }

    private void SumRows(float* map, int rows, float* sums)
    {
        new Span<float>(sums, hidden).Clear();
        for (int row = 0; row < rows; row++)
            VectorMath.Add(map + row * HiddenStride, 1, sums, hidden);
    }

    private static void TimesSlopes(float* activation, float* t, float* result, int size)
    {
        int i = 0;
        if (activation is null)
            new Span<float>(t, size).CopyTo(new Span<float>(result, size));
        else
        {
            for (; i <= size - Lanes; i += Lanes)
                (Vector512.Load(t + i) * Elu512.Slope(Vector512.Load(activation + i))).Store(result + i);
            for (; i < size; i++)
                result[i] = t[i] * (Math.Min(activation[i], 0) + 1);
        }
    }

    private Own Scratch(float* work) => new(work, Wide, Patch, LastSize, PanelSize, Narrow);

    /// <summary>Inputs A of the last two layers and the tangents T of all three layers' inputs.</summary>
    private readonly struct SavedMaps(float* start, nint wide)
    {
        public readonly float* A1 = start,
            A2 = start + wide,
            T1 = start + 2 * wide,
            T2 = start + 3 * wide,
            T0 = start + 4 * wide;
    }

    /// <summary>
    /// Scratch memory: hidden maps, patch maps, a gradient, panels, images, and an image with a border.
    /// </summary>
    private readonly struct Own(float* work, nint wide, nint patch, nint last, nint panels, nint narrow)
    {
        public readonly float* Wide1 = work,
            Wide2 = work + wide;
        public readonly float* Left = work + 2 * wide,
            Right = work + 2 * wide + patch,
            Spread = work + 2 * wide + 2 * patch;
        public readonly float* Last = work + 2 * wide + 3 * patch,
            Panels = work + 2 * wide + 3 * patch + last;
        private readonly float* _images = work + 2 * wide + 3 * patch + last + panels;

        public float* A0 => _images;

        public float* First => _images + narrow;

        public float* Second => _images + 2 * narrow;

        public float* Plane => _images + 3 * narrow;
    }
}
