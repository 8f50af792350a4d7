namespace IResNet.Cpu;

/// <summary>
/// The branch 3x3, 1x1, 3x3 with ELU on a few images, for many hidden channels: every layer is a matrix product over
/// (image, pixel) rows, hidden maps lie row by row, and the data's few channels stay in torch's layout. With few images
/// this fills registers that examples side by side would leave empty.
/// </summary>
internal sealed unsafe class GemmBranch<TVector>(
    int channels,
    int hidden,
    int height,
    int width,
    bool leadingActivation
)
    where TVector : unmanaged, IVector<TVector>
{
    /// <summary>Images that are taken together.</summary>
    public const int Images = 2;

    // Beside whole tiles, a line more per row: strides of powers of two would fall on the same places of the cache.
    private static int Skew => MemoryBlock.Line;

    private static int Lanes => TVector.Lanes;

    private readonly Im2Col _patches = new(channels, height, width);

    private int Pixels => height * width;

    private int Taps => channels * Im2Col.Taps;

    private int Rows => RoundUp(Images * Pixels);

    private nint HiddenStride => Panels<TVector>.RoundUp(hidden) + Skew;

    private nint PatchStride => Panels<TVector>.RoundUp(Taps) + Skew;

    /// <summary>Floats of a hidden map, of a patch map, and of the images themselves.</summary>
    private nint HiddenMap => Rows * HiddenStride;

    private nint PatchMap => Rows * PatchStride;

    private nint DataMap => MemoryBlock.WholeLines((nint)Images * channels * Pixels);

    private nint LastSize => RoundUp(hidden) * PatchStride;

    private nint PanelSize => (nint)2 * Gemm<TVector>.Columns * Rows;

    /// <summary>
    /// Floats that <see cref="Backward"/> needs from the forward pass: inputs of the last two layers, and with a series
    /// tangents of all three layers' inputs.
    /// </summary>
    public nint SavedSize(bool series) => series ? 4 * HiddenMap + DataMap : 2 * HiddenMap;

    /// <summary>Floats of scratch memory per thread.</summary>
    public nint WorkSize =>
        MemoryBlock.WholeLines(
            2 * HiddenMap + 3 * PatchMap + LastSize + PanelSize + 3 * DataMap + _patches.ScratchSize
        );

    /// <summary>y = x + g(x), and the layers' inputs into what is saved.</summary>
    public void Forward(in BranchWeights w, in GroupData data, float* y)
    {
        var (at, own) = (new SavedMaps(data.Saved, HiddenMap), Scratch(data.Work));
        int rows = data.Examples * Pixels,
            size = data.Examples * channels * Pixels;
        float* input = Enter(data.X, size, own.A0);
        _patches.Spread(input, data.Examples, reversed: false, own.Left, PatchStride, own.Plane);
        var first = new ColumnBiasElu<TVector>(w.FirstBias, at.A1);
        Gemm<TVector>.Run(own.Left, PatchStride, w.First, rows, Taps, hidden, HiddenStride, ref first);
        var middle = new ColumnBiasElu<TVector>(w.MiddleBias, at.A2);
        Gemm<TVector>.Run(at.A1, HiddenStride, w.Middle, rows, hidden, hidden, HiddenStride, ref middle);
        Last(w, at.A2, data.Examples, y, own);
        for (int i = 0; i < size; i++)
            y[i] += data.X[i] + w.LastBias[i / Pixels % channels];
    }

    /// <summary>
    /// The estimate of <see cref="NeumannSeries"/> at the point of <see cref="Forward"/>, a value per example, and the
    /// tangents of its surrogate into what is saved.
    /// </summary>
    public void Series(in BranchWeights w, int terms, in GroupData data, float* logDet)
    {
        var (at, own) = (new SavedMaps(data.Saved, HiddenMap), Scratch(data.Work));
        int examples = data.Examples;
        float* probe = data.Probe;
        int image = channels * Pixels,
            size = examples * image;
        float* leading = leadingActivation ? own.A0 : null;
        float* r = own.First,
            product = own.Second;
        new Span<float>(logDet, examples).Clear();
        new Span<float>(probe, size).CopyTo(new Span<float>(r, size));
        TimesDerivatives(leading, probe, at.T0, size);
        for (int k = 1; k < terms; k++)
        {
            float sign = k % 2 == 1 ? 1 : -1;
            Tangent(w, at, examples, product, own);
            for (int i = 0; i < examples; i++)
                logDet[i] +=
                    sign
                    * (1f / k - 1f / terms)
                    * VectorMath<TVector>.Dot(probe + i * image, product + i * image, image);
            VectorMath<TVector>.Add(product, -sign, r, size);
            TimesDerivatives(leading, product, at.T0, size);
        }
        TimesDerivatives(leading, r, at.T0, size);
        Tangent(w, at, examples, product, own);
        for (int i = 0; i < examples; i++)
            logDet[i] += VectorMath<TVector>.Dot(probe + i * image, product + i * image, image) / terms;
    }

    /// <summary>
    /// Cotangents of x and of the weights, as <see cref="InterleavedBranch{TVector}.Backward"/> gives them. Overwrites
    /// what is saved.
    /// </summary>
    public void Backward(in BranchWeights transposed, in GroupData data, in GroupCotangents cotangents)
    {
        var (at, own) = (new SavedMaps(data.Saved, HiddenMap), Scratch(data.Work));
        int examples = data.Examples;
        float* y = cotangents.Y;
        int rows = examples * Pixels,
            image = channels * Pixels,
            size = examples * image;
        bool series = cotangents.LogDet is not null;
        float* input = Enter(data.X, size, own.A0);
        var g = new BranchGradients(cotangents.Parameters, channels, hidden);

        // Behind the last layer: cotangents dy of the value and s v of the tangent J r, where s is that of the
        // estimate.
        float* dp2 = own.Hidden1,
            dq2 = series ? own.Hidden2 : null,
            dys = own.Left,
            probes = series ? own.Right : null;
        if (series)
        {
            for (int i = 0; i < size; i++)
                own.First[i] = data.Probe[i] * cotangents.LogDet[i / image];
            _patches.Spread(own.First, examples, reversed: true, probes, PatchStride, own.Plane);
            var tangent = new TangentCotangent<TVector>(at.A2, at.T2, dq2, dp2);
            Gemm<TVector>.Run(probes, PatchStride, transposed.Last, rows, Taps, hidden, HiddenStride, ref tangent);
        }
        _patches.Spread(y, examples, reversed: true, dys, PatchStride, own.Plane);
        var value = new ThroughActivation<TVector>(at.A2, series ? dp2 : null, dp2);
        Gemm<TVector>.Run(dys, PatchStride, transposed.Last, rows, Taps, hidden, HiddenStride, ref value);
        LastGradient(new(at.A2, dys), new(series ? at.T2 : null, probes), rows, g.Last, own);
        for (int channel = 0; channel < channels; channel++)
            g.LastBias[channel] = SumOf(y + channel * Pixels, examples, image);
        SumRows(dp2, rows, g.MiddleBias);

        // Between the first and the middle layer.
        float* dp1 = SavedMaps.Recycle(ref at.A2),
            dq1 = series ? SavedMaps.Recycle(ref at.T2) : null;
        if (series)
        {
            var tangent = new TangentCotangent<TVector>(at.A1, at.T1, dq1, dp1);
            Gemm<TVector>.Run(dq2, HiddenStride, transposed.Middle, rows, hidden, hidden, HiddenStride, ref tangent);
        }
        value = new ThroughActivation<TVector>(at.A1, series ? dp1 : null, dp1);
        Gemm<TVector>.Run(dp2, HiddenStride, transposed.Middle, rows, hidden, hidden, HiddenStride, ref value);
        var middle = new WithinMatrix<TVector>(g.Middle, hidden, hidden);
        Gemm<TVector>.RunTransposed(
            new(dp2, at.A1),
            new(dq2, at.T1),
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
        var first = new WithinMatrix<TVector>(g.First, hidden, Taps);
        Gemm<TVector>.RunTransposed(
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
        TimesDerivatives(leadingActivation ? own.A0 : null, own.First, own.First, size);
        for (int i = 0; i < size; i++)
            cotangents.X[i] = y[i] + own.First[i];
        if (!series || !leadingActivation)
            return;
        FirstTransposed(transposed, dq1, examples, own.First, own);
        for (int i = 0; i < size; i++)
            if (own.A0[i] <= 0)
                cotangents.X[i] += own.First[i] * at.T0[i];
    }

    private static int RoundUp(int rows) => (rows + Gemm<TVector>.Rows - 1) / Gemm<TVector>.Rows * Gemm<TVector>.Rows;

    /// <summary>The first layer's input: x, or its activation in <paramref name="a0"/>.</summary>
    private float* Enter(float* x, int size, float* a0)
    {
        if (!leadingActivation)
            return x;
        int i = 0;
        for (; i <= size - Lanes; i += Lanes)
            VectorElu<TVector>.Value(TVector.Load(x + i)).Store(a0 + i);
        for (; i < size; i++)
            a0[i] = VectorElu<TVector>.Value(x[i]);
        return a0;
    }

    /// <summary>J t for the t of which the first layer's tangent is T0; fills T1 and T2.</summary>
    private void Tangent(in BranchWeights w, in SavedMaps at, int examples, float* product, in Own own)
    {
        int rows = examples * Pixels;
        _patches.Spread(at.T0, examples, reversed: false, own.Left, PatchStride, own.Plane);
        var first = new TimesDerivative<TVector>(at.A1, at.T1);
        Gemm<TVector>.Run(own.Left, PatchStride, w.First, rows, Taps, hidden, HiddenStride, ref first);
        var middle = new TimesDerivative<TVector>(at.A2, at.T2);
        Gemm<TVector>.Run(at.T1, HiddenStride, w.Middle, rows, hidden, hidden, HiddenStride, ref middle);
        Last(w, at.T2, examples, product, own);
    }

    /// <summary>The last layer without its bias.</summary>
    private void Last(in BranchWeights w, float* map, int examples, float* images, in Own own)
    {
        var sum = new PlainSum<TVector>(own.Right);
        Gemm<TVector>.Run(map, HiddenStride, w.Last, examples * Pixels, hidden, Taps, PatchStride, ref sum);
        _patches.Gather(own.Right, PatchStride, examples, reversed: true, images, own.Plane);
    }

    /// <summary>The transposed first layer.</summary>
    private void FirstTransposed(in BranchWeights transposed, float* map, int examples, float* images, in Own own)
    {
        var sum = new PlainSum<TVector>(own.Spread);
        Gemm<TVector>.Run(map, HiddenStride, transposed.First, examples * Pixels, hidden, Taps, PatchStride, ref sum);
        _patches.Gather(own.Spread, PatchStride, examples, reversed: false, images, own.Plane);
    }

    private void LastGradient(
        Gemm<TVector>.Pair primal,
        Gemm<TVector>.Pair tangent,
        int rows,
        float* gradient,
        in Own own
    )
    {
        var sum = new PlainSum<TVector>(own.Last);
        Gemm<TVector>.RunTransposed(
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
                float* from = own.Last + input * PatchStride + output * Im2Col.Taps;
                new Span<float>(from, Im2Col.Taps).CopyTo(
                    new Span<float>(gradient + ((nint)output * hidden + input) * Im2Col.Taps, Im2Col.Taps)
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
            VectorMath<TVector>.Add(map + row * HiddenStride, 1, sums, hidden);
    }

    private static void TimesDerivatives(float* activation, float* t, float* result, int size)
    {
        int i = 0;
        if (activation is null)
            new Span<float>(t, size).CopyTo(new Span<float>(result, size));
        else
        {
            for (; i <= size - Lanes; i += Lanes)
                (TVector.Load(t + i) * VectorElu<TVector>.Derivative(TVector.Load(activation + i))).Store(result + i);
            for (; i < size; i++)
                result[i] = t[i] * (Math.Min(activation[i], 0) + 1);
        }
    }

    private Own Scratch(float* work) => new(work, HiddenMap, PatchMap, LastSize, PanelSize, DataMap);

    /// <summary>Inputs A of the last two layers and the tangents T of all three layers' inputs.</summary>
    private struct SavedMaps(float* start, nint hiddenMap)
    {
        public float* A1 = start,
            A2 = start + hiddenMap,
            T1 = start + 2 * hiddenMap,
            T2 = start + 3 * hiddenMap,
            T0 = start + 4 * hiddenMap;

        /// <summary>The memory of a map whose content has been used up, for another map; the old name is
        /// void.</summary>
        public static float* Recycle(ref float* map)
        {
            float* memory = map;
            map = null;
            return memory;
        }
    }

    /// <summary>
    /// Scratch memory: hidden maps, patch maps, a gradient, panels, images, and an image with a border.
    /// </summary>
    private readonly struct Own(float* work, nint hiddenMap, nint patch, nint last, nint panels, nint narrow)
    {
        public readonly float* Hidden1 = work,
            Hidden2 = work + hiddenMap;
        public readonly float* Left = work + 2 * hiddenMap,
            Right = work + 2 * hiddenMap + patch,
            Spread = work + 2 * hiddenMap + 2 * patch;
        public readonly float* Last = work + 2 * hiddenMap + 3 * patch,
            Panels = work + 2 * hiddenMap + 3 * patch + last;
        private readonly float* _images = work + 2 * hiddenMap + 3 * patch + last + panels;

        public float* A0 => _images;

        public float* First => _images + narrow;

        public float* Second => _images + 2 * narrow;

        public float* Plane => _images + 3 * narrow;
    }
}
