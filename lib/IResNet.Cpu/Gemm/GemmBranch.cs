namespace IResNet.Cpu;

/// <summary>
/// The branch 3x3, 1x1, 3x3 with activations between on a few images, for many hidden channels: every layer is a matrix
/// product over (image, pixel) rows, hidden maps lie row by row, and the data's few channels stay in torch's layout.
/// With few images this fills registers that examples side by side would leave empty.
/// </summary>
internal sealed unsafe class GemmBranch<TVector, TActivation>(
    int channels,
    int hidden,
    int height,
    int width,
    bool leadingActivation
)
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
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
    /// tangents of all three layers' inputs. Of activations that are expensive to differentiate much more would have to
    /// be saved: there it evaluates the point once more, and r alone is saved.
    /// </summary>
    public nint SavedSize(bool series) =>
        TActivation.FollowsFromValue ? (series ? 4 * HiddenMap + DataMap : 2 * HiddenMap)
        : series ? DataMap
        : 0;

    /// <summary>Floats of scratch memory per thread.</summary>
    public nint WorkSize =>
        MemoryBlock.WholeLines(
            (TActivation.FollowsFromValue ? 2 : 12) * HiddenMap
                + 3 * PatchMap
                + LastSize
                + PanelSize
                + 7 * DataMap
                + Panels<TVector>.RoundUp(hidden)
                + MemoryBlock.WholeLines(_patches.ScratchSize)
        );

    /// <summary>y = x + g(x), and the layers' inputs into what is saved.</summary>
    public void Forward(in BranchWeights w, in GroupData data, float* y)
    {
        var (at, own) = Maps(w, data, backward: false);
        int size = data.Examples * channels * Pixels;
        Evaluate(w, data, at, own);
        Last(w, at.Second.Value, data.Examples, y, own);
        for (int i = 0; i < size; i++)
            y[i] += data.X[i] + w.LastBias[i / Pixels % channels];
    }

    /// <summary>
    /// The estimate of <see cref="WeightedSeries"/> at the point of <see cref="Forward"/>, a value per example, and
    /// what the backward pass needs of its surrogate into what is saved.
    /// </summary>
    public void Series(in BranchWeights w, WeightedSeries series, in GroupData data, float* logDet)
    {
        var (at, own) = Maps(w, data, backward: false);
        int examples = data.Examples;
        float* probe = data.Probe;
        int image = channels * Pixels,
            size = examples * image;
        float* product = own.Second;
        new Span<float>(logDet, examples).Clear();
        Copy(probe, at.R, size);
        for (int k = 0; k < series.Values.Count; k++)
        {
            FirstTangent(w, at, k == 0 ? probe : product, examples, own);
            MiddleTangent(w, at, examples);
            Last(w, at.T2, examples, product, own);
            AddForms(probe, product, (float)series.Values[k], examples, logDet);
            VectorMath<TVector>.Add(product, (float)series.Directions[k], at.R, size);
        }
        FirstTangent(w, at, at.R, examples, own);
        MiddleTangent(w, at, examples);
        if (series.Last == 0)
            return;
        Last(w, at.T2, examples, product, own);
        AddForms(probe, product, (float)series.Last, examples, logDet);
    }

    /// <summary>
    /// Cotangents of x and of the parameters, as <see cref="InterleavedBranch{TVector, TActivation}.Backward"/> gives
    /// them. Overwrites what is saved.
    /// </summary>
    public void Backward(
        in BranchWeights w,
        in BranchWeights transposed,
        in GroupData data,
        in GroupCotangents cotangents
    )
    {
        var (at, own) = Maps(w, data, backward: true);
        int examples = data.Examples;
        float* y = cotangents.Y;
        int rows = examples * Pixels,
            image = channels * Pixels,
            size = examples * image;
        nint end = rows * HiddenStride;
        bool series = cotangents.LogDet is not null;
        var g = new BranchGradients(cotangents.Parameters, channels, hidden, Learned);
        if (TActivation.FollowsFromValue)
            Enter(data, at);
        else
        {
            Evaluate(w, data, at, own);
            if (series)
            {
                FirstTangent(w, at, at.R, examples, own);
                MiddleTangent(w, at, examples);
            }
        }

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
            var tangent = new TangentCotangent<TVector, TActivation>(at.Second, at.T2, dq2, dp2);
            Gemm<TVector>.Run(probes, PatchStride, transposed.Last, rows, Taps, hidden, HiddenStride, ref tangent);
        }
        _patches.Spread(y, examples, reversed: true, dys, PatchStride, own.Plane);
        ClearShares(own);
        var value = new ThroughActivation<TVector, TActivation>(at.Second, series ? dp2 : null, dp2, end, own.Shares);
        Gemm<TVector>.Run(dys, PatchStride, transposed.Last, rows, Taps, hidden, HiddenStride, ref value);
        if (TActivation.IsLearned)
            g.Learned[2] = at.Second.Phi.ParameterGradient(SumOfShares(own));
        LastGradient(new(at.Second.Value, dys), new(series ? at.T2 : null, probes), rows, g.Last, own);
        for (int channel = 0; channel < channels; channel++)
            g.LastBias[channel] = SumOf(y + channel * Pixels, examples, image);
        SumRows(dp2, rows, g.MiddleBias);

        // Between the first and the middle layer.
        float* dp1 = Recycle(ref at.Second.Value),
            dq1 = series ? Recycle(ref at.T2) : null;
        if (series)
        {
            var tangent = new TangentCotangent<TVector, TActivation>(at.First, at.T1, dq1, dp1);
            Gemm<TVector>.Run(dq2, HiddenStride, transposed.Middle, rows, hidden, hidden, HiddenStride, ref tangent);
        }
        ClearShares(own);
        value = new(at.First, series ? dp1 : null, dp1, end, own.Shares);
        Gemm<TVector>.Run(dp2, HiddenStride, transposed.Middle, rows, hidden, hidden, HiddenStride, ref value);
        if (TActivation.IsLearned)
            g.Learned[1] = at.First.Phi.ParameterGradient(SumOfShares(own));
        var middle = new WithinMatrix<TVector>(g.Middle, hidden, hidden);
        Gemm<TVector>.RunTransposed(
            new(dp2, at.First.Value),
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
        _patches.Spread(at.Leading.Value, examples, reversed: false, own.Left, PatchStride, own.Plane);
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
        if (leadingActivation)
        {
            if (series)
                FirstTransposed(transposed, dq1, examples, own.Second, own);
            float share = ThroughLeading(at, own.First, series ? own.Second : null, size);
            if (TActivation.IsLearned)
                g.Learned[0] = at.Leading.Phi.ParameterGradient(share);
        }
        for (int i = 0; i < size; i++)
            cotangents.X[i] = y[i] + own.First[i];
    }

    private int Learned => BlockStep.Learned<TVector, TActivation>(leadingActivation);

    private static int RoundUp(int rows) => (rows + Gemm<TVector>.Rows - 1) / Gemm<TVector>.Rows * Gemm<TVector>.Rows;

    /// <summary>The first layer's input: x, or its activation.</summary>
    private void Enter(in GroupData data, in Activations at)
    {
        int size = data.Examples * channels * Pixels;
        float* x = at.Leading.Value;
        Copy(data.X, x, size);
        if (leadingActivation)
            for (int i = 0; i < size; i += Lanes)
                at.Leading.Set(TVector.Load(x + i), i);
    }

    /// <summary>The inputs of all three layers.</summary>
    private void Evaluate(in BranchWeights w, in GroupData data, in Activations at, in Own own)
    {
        int rows = data.Examples * Pixels;
        Enter(data, at);
        _patches.Spread(at.Leading.Value, data.Examples, reversed: false, own.Left, PatchStride, own.Plane);
        var first = new ColumnBiasActivation<TVector, TActivation>(w.FirstBias, at.First);
        Gemm<TVector>.Run(own.Left, PatchStride, w.First, rows, Taps, hidden, HiddenStride, ref first);
        var middle = new ColumnBiasActivation<TVector, TActivation>(w.MiddleBias, at.Second);
        Gemm<TVector>.Run(at.First.Value, HiddenStride, w.Middle, rows, hidden, hidden, HiddenStride, ref middle);
    }

    /// <summary>T0 and T1 for a tangent t of x.</summary>
    private void FirstTangent(in BranchWeights w, in Activations at, float* t, int examples, in Own own)
    {
        int size = examples * channels * Pixels;
        Copy(t, at.T0, size);
        if (leadingActivation)
            for (int i = 0; i < size; i += Lanes)
                at.Leading.Tangent(TVector.Load(at.T0 + i), i).Store(at.T0 + i);
        _patches.Spread(at.T0, examples, reversed: false, own.Left, PatchStride, own.Plane);
        var first = new TimesDerivative<TVector, TActivation>(at.First, at.T1);
        Gemm<TVector>.Run(own.Left, PatchStride, w.First, examples * Pixels, Taps, hidden, HiddenStride, ref first);
    }

    /// <summary>T2 from T1.</summary>
    private void MiddleTangent(in BranchWeights w, in Activations at, int examples)
    {
        var middle = new TimesDerivative<TVector, TActivation>(at.Second, at.T2);
        Gemm<TVector>.Run(at.T1, HiddenStride, w.Middle, examples * Pixels, hidden, hidden, HiddenStride, ref middle);
    }

    /// <summary>Adds factor v.J t to the value of each example.</summary>
    private void AddForms(float* probe, float* product, float factor, int examples, float* values)
    {
        int image = channels * Pixels;
        for (int i = 0; i < examples; i++)
            values[i] += factor * VectorMath<TVector>.Dot(probe + i * image, product + i * image, image);
    }

    /// <summary>
    /// From the cotangents of the leading activation's values and, with a series, of its tangents to the cotangent of
    /// x, in the place of the first.
    /// </summary>
    /// <returns>The sum of which its parameter's gradient is made.</returns>
    private static float ThroughLeading(in Activations at, float* cotangent, float* ofTangent, int size)
    {
        double sum = 0;
        Pad(cotangent, size);
        if (ofTangent is not null)
            Pad(ofTangent, size);
        for (int i = 0; i < size; i += Lanes)
        {
            var da = TVector.Load(cotangent + i);
            var dp = da * at.Leading.DerivativeAt(i);
            if (ofTangent is not null)
                dp += at.Leading.Bent(TVector.Load(ofTangent + i), at.T0, i);
            dp.Store(cotangent + i);
            if (TActivation.IsLearned)
                sum += TVector.Sum(at.Leading.ParameterShare(da, dp, i));
        }
        return (float)sum;
    }

    /// <summary>Into scratch memory, filled up with zeros to whole vectors.</summary>
    private static void Copy(float* from, float* to, int size)
    {
        new Span<float>(from, size).CopyTo(new Span<float>(to, size));
        Pad(to, size);
    }

    private static void Pad(float* numbers, int size) =>
        new Span<float>(numbers + size, (size + Lanes - 1) / Lanes * Lanes - size).Clear();

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

    private void ClearShares(in Own own) => new Span<float>(own.Shares, Panels<TVector>.RoundUp(hidden)).Clear();

    private float SumOfShares(in Own own)
    {
        double sum = 0;
        foreach (float share in new Span<float>(own.Shares, Panels<TVector>.RoundUp(hidden)))
            sum += share;
        return (float)sum;
    }

    /// <summary>The memory of a map whose content has been used up, for another map; the old name is void.</summary>
    private static float* Recycle(ref float* map)
    {
        float* memory = map;
        map = null;
        return memory;
    }

    /// <summary>Where everything lies.</summary>
    private (Activations at, Own own) Maps(in BranchWeights w, in GroupData data, bool backward)
    {
        var scratch = new Room(data.Work);
        var saved = new Room(data.Saved);
        var own = new Own
        {
            Hidden1 = scratch.Take(HiddenMap),
            Hidden2 = scratch.Take(HiddenMap),
            Left = scratch.Take(PatchMap),
            Right = scratch.Take(PatchMap),
            Spread = scratch.Take(PatchMap),
            Last = scratch.Take(LastSize),
            Panels = scratch.Take(PanelSize),
            First = scratch.Take(DataMap),
            Second = scratch.Take(DataMap),
            Shares = (TVector*)scratch.Take(Panels<TVector>.RoundUp(hidden)),
            Plane = scratch.Take(MemoryBlock.WholeLines(_patches.ScratchSize)),
        };
        var at = new Activations();
        at.Leading.Phi = TActivation.Of(w.Learned[0]);
        at.First.Phi = TActivation.Of(w.Learned[1]);
        at.Second.Phi = TActivation.Of(w.Learned[2]);
        at.Leading.Value = scratch.Take(DataMap);
        if (TActivation.FollowsFromValue)
        {
            at.First.Value = saved.Take(HiddenMap);
            at.Second.Value = saved.Take(HiddenMap);
            at.T1 = saved.Take(HiddenMap);
            at.T2 = saved.Take(HiddenMap);
            at.T0 = saved.Take(DataMap);
            at.R = own.First;
            return (at, own);
        }
        at.R = saved.Take(DataMap);
        at.T0 = scratch.Take(DataMap);
        at.First.Value = scratch.Take(HiddenMap);
        at.Second.Value = scratch.Take(HiddenMap);
        at.T1 = scratch.Take(HiddenMap);
        at.T2 = scratch.Take(HiddenMap);
        at.Leading.TakeMaps(ref scratch, DataMap, backward);
        at.First.TakeMaps(ref scratch, HiddenMap, backward);
        at.Second.TakeMaps(ref scratch, HiddenMap, backward);
        return (at, own);
    }

    /// <summary>The activations, whose values are the inputs of the three layers, tangents T of the same, and r of the
    /// series. Without a leading activation the first layer's input is x.</summary>
    private struct Activations
    {
        public Activated<TVector, TActivation> Leading,
            First,
            Second;

        public float* T0,
            T1,
            T2,
            R;
    }

    /// <summary>
    /// Scratch memory: hidden maps, patch maps, a gradient, panels, images, sums, and an image with a border.
    /// </summary>
    private struct Own
    {
        public float* Hidden1,
            Hidden2,
            Left,
            Right,
            Spread,
            Last,
            Panels,
            First,
            Second,
            Plane;

        public TVector* Shares;
    }
}
