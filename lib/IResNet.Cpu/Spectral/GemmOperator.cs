namespace IResNet.Cpu;

/// <summary>
/// A 3x3 convolution of one image as an operator W for power iteration, where one side has many channels: two matrix
/// products' panels are packed once and serve all iterations. The side with many channels has a pixel per row, the
/// other one in torch's layout.
/// </summary>
/// <param name="rows">Outputs of W.</param>
/// <param name="columns">Inputs of W.</param>
/// <param name="height">Height of the image.</param>
/// <param name="width">Width of the image.</param>
internal readonly unsafe struct GemmOperator<TVector>(int rows, int columns, int height, int width)
    where TVector : unmanaged, IVector<TVector>
{
    // With fewer, a kernel without packing is faster.
    private const int LeastChannels = 64;

    private readonly Im2Col _patches = new(Math.Min(rows, columns), height, width);

    private int Hidden => Math.Max(rows, columns);

    private int Channels => Math.Min(rows, columns);

    private int Taps => Channels * Im2Col.Taps;

    private int Pixels => height * width;

    /// <summary>
    /// Whether the outputs are the side with many channels. Else a product gathers what neighbours sent, in reversed
    /// order.
    /// </summary>
    private bool HiddenIsOutput => rows > columns;

    private nint HiddenStride => Panels<TVector>.RoundUp(Hidden) + MemoryBlock.Line;

    private nint PatchStride => Panels<TVector>.RoundUp(Taps) + MemoryBlock.Line;

    private int Rows => (Pixels + Gemm<TVector>.Rows - 1) / Gemm<TVector>.Rows * Gemm<TVector>.Rows;

    /// <summary>Floats of scratch memory.</summary>
    public nint ScratchSize =>
        Panels<TVector>.Size(Hidden, Taps)
        + Panels<TVector>.Size(Taps, Hidden)
        + Rows * (HiddenStride + PatchStride)
        + Channels * Pixels
        + _patches.ScratchSize;

    /// <summary>Whether this is the better way.</summary>
    public static bool Supports(int rows, int columns) => Math.Max(rows, columns) >= LeastChannels;

    /// <summary>As <see cref="PowerIteration{TVector}.Advance"/>.</summary>
    public float Advance(float* weight, float* u, float* v, int iterations, float* scratch)
    {
        float* inward = scratch,
            outward = inward + Panels<TVector>.Size(Hidden, Taps),
            hidden = outward + Panels<TVector>.Size(Taps, Hidden);
        float* patches = hidden + Rows * HiddenStride,
            narrow = patches + Rows * PatchStride,
            plane = narrow + Channels * Pixels;
        Pack(weight, inward, outward);
        float sigma = 0;
        if (HiddenIsOutput)
            Load(u, hidden);
        else
            new Span<float>(u, Channels * Pixels).CopyTo(new Span<float>(narrow, Channels * Pixels));
        for (int i = 0; i < iterations; i++)
        {
            if (HiddenIsOutput)
            {
                Inward(inward, hidden, narrow, patches, plane, v);
                sigma = Outward(outward, narrow, hidden, patches, plane, u);
            }
            else
            {
                Outward(outward, narrow, hidden, patches, plane, v);
                sigma = Inward(inward, hidden, narrow, patches, plane, u);
            }
        }
        Store(hidden, HiddenIsOutput ? u : v);
        new Span<float>(narrow, Channels * Pixels).CopyTo(new Span<float>(HiddenIsOutput ? v : u, Channels * Pixels));
        return sigma;
    }

    /// <summary>The matrices from many channels to few, and back.</summary>
    private void Pack(float* weight, float* inward, float* outward)
    {
        if (HiddenIsOutput)
        {
            new Panels<TVector>(null).Pack(weight, Hidden, Taps, inward);
            new Panels<TVector>(null).PackTransposed(weight, Taps, Hidden, outward);
        }
        else
        {
            new Panels<TVector>(null).PackTaps(weight, Channels, Hidden, inward);
            new Panels<TVector>(null).PackTapsTransposed(weight, Channels, Hidden, outward);
        }
    }

    /// <summary>
    /// From many channels to few, as a direction; the vector as it was where the product vanishes. Returns the
    /// product's norm.
    /// </summary>
    private float Inward(float* panels, float* hidden, float* narrow, float* patches, float* plane, float* before)
    {
        var sum = new PlainSum<TVector>(patches);
        Gemm<TVector>.Run(hidden, HiddenStride, panels, Pixels, Hidden, Taps, PatchStride, ref sum);
        _patches.Gather(patches, PatchStride, 1, reversed: !HiddenIsOutput, narrow, plane);
        int length = Channels * Pixels;
        float norm = MathF.Sqrt(VectorMath<TVector>.Dot(narrow, narrow, length));
        if (norm > SpectralLayer.NormFloor)
            VectorMath<TVector>.Divide(narrow, norm, narrow, length);
        else
            new Span<float>(before, length).CopyTo(new Span<float>(narrow, length));
        return norm;
    }

    /// <summary>From few channels to many, likewise.</summary>
    private float Outward(float* panels, float* narrow, float* hidden, float* patches, float* plane, float* before)
    {
        _patches.Spread(narrow, 1, reversed: !HiddenIsOutput, patches, PatchStride, plane);
        var sum = new PlainSum<TVector>(hidden);
        Gemm<TVector>.Run(patches, PatchStride, panels, Pixels, Taps, Hidden, HiddenStride, ref sum);
        float square = 0;
        for (int pixel = 0; pixel < Pixels; pixel++)
            square += VectorMath<TVector>.Dot(hidden + pixel * HiddenStride, hidden + pixel * HiddenStride, Hidden);
        float norm = MathF.Sqrt(square);
        if (norm > SpectralLayer.NormFloor)
            for (int pixel = 0; pixel < Pixels; pixel++)
                VectorMath<TVector>.Divide(hidden + pixel * HiddenStride, norm, hidden + pixel * HiddenStride, Hidden);
        else
            Load(before, hidden);
        return norm;
    }

    private void Load(float* vector, float* map)
    {
        for (int channel = 0; channel < Hidden; channel++)
            for (int pixel = 0; pixel < Pixels; pixel++)
                map[pixel * HiddenStride + channel] = vector[channel * Pixels + pixel];
    }

    private void Store(float* map, float* vector)
    {
        for (int channel = 0; channel < Hidden; channel++)
            for (int pixel = 0; pixel < Pixels; pixel++)
                vector[channel * Pixels + pixel] = map[pixel * HiddenStride + channel];
    }
}
