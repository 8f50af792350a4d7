using System.Runtime.InteropServices;
using TorchSharp;

namespace IResNet.Experiments.Data;

/// <summary>
/// From bytes to what a model takes, in this order: a random warp, a random shift, a random flip, zeros around, copies
/// of the channels, a scale. What is random comes from a seed and the image's place alone, so it can be repeated and
/// resumed.
/// </summary>
public sealed record Preprocessing
{
    // Beyond it some maps would have no inverse.
    private const double MostWarp = 0.5;

    private static readonly double[] Half = [0.5],
        One = [1];

    /// <summary>
    /// Moves by up to this many pixels in each direction, all places equally likely: a symmetric padding (the border
    /// mirrored, its own pixels included) and a random crop of the original size. The paper: 4 for CIFAR, 2 for MNIST.
    /// </summary>
    public int MaxShift { get; init; }

    /// <summary>
    /// Rotates, shears and scales a little: the plane goes through I + M, the entries of M uniform in [-w, w], with
    /// this w; 0 for none, below ½. Not in the paper.
    /// </summary>
    public double MaxWarp { get; init; }

    /// <summary>Mirrors left and right with probability ½ (CIFAR).</summary>
    public bool Flip { get; init; }

    /// <summary>Zeros added on each side: 2 makes MNIST 32x32.</summary>
    public int Pad { get; init; }

    /// <summary>
    /// How often each channel is repeated, each time with its own dequantisation noise: 3 in the official code's MNIST.
    /// </summary>
    public int Copies { get; init; } = 1;

    /// <summary>
    /// Uniform dequantisation, x = (p + u)/256 - 0.5 with the byte p and u uniform in [0, 1): x in [-0.5, 0.5), and
    /// bits/dim = -ln p(x)/(d ln 2) + 8. The noise has 16 bits, so that x is exact in float32 and p is always
    /// recovered. Without it, x = (p/255 - <see cref="Mean"/>)/<see cref="Std"/>.
    /// </summary>
    public bool Dequantise { get; init; }

    /// <summary>
    /// Whether dequantised x are centred, in [-0.5, 0.5); if not, x = (p + u)/256 is in [0, 1), as a
    /// <see cref="LogitTransform"/> takes it. Bits/dim are the same.
    /// </summary>
    public bool Centred { get; init; } = true;

    /// <summary>Mean by channel of p/255, or one for all; 0.5 by default, which puts x into [-0.5, 0.5].</summary>
    public IReadOnlyList<double> Mean { get; init; } = Half;

    /// <summary>Standard deviation by channel of p/255, or one for all.</summary>
    public IReadOnlyList<double> Std { get; init; } = One;

    /// <summary>Density of MNIST in 784 dimensions (1x28x28), as in the paper's table 4.</summary>
    public static Preprocessing MnistDensity { get; } = new() { Dequantise = true };

    /// <summary>
    /// Density of MNIST as the official code has it: padded to 32x32 and repeated to three channels, 3072 dimensions.
    /// </summary>
    public static Preprocessing MnistDensityOfficial { get; } =
        new()
        {
            Dequantise = true,
            Pad = 2,
            Copies = 3,
        };

    /// <summary>Density of CIFAR-10: crops and flips in training as in the official code.</summary>
    public static Preprocessing CifarDensity { get; } =
        new()
        {
            Dequantise = true,
            MaxShift = 4,
            Flip = true,
        };

    /// <summary>Density in [0, 1), for a flow that begins with a logit: no crops, flips for CIFAR-10 alone.</summary>
    /// <param name="flip">Mirrors left and right with probability ½.</param>
    public static Preprocessing LogitDensity(bool flip) =>
        new()
        {
            Dequantise = true,
            Centred = false,
            Flip = flip,
        };

    /// <summary>Classification of MNIST: shifts up to 2 pixels, x in [-0.5, 0.5].</summary>
    public static Preprocessing MnistClassification { get; } = new() { MaxShift = 2 };

    /// <summary>
    /// Classification of CIFAR-10: crops, flips, and the official code's mean and deviation per channel. Its deviation
    /// is the mean of the deviations of the single images; that of all pixels is 0.2470, 0.2435, 0.2616.
    /// </summary>
    public static Preprocessing Cifar10Classification { get; } =
        new()
        {
            MaxShift = 4,
            Flip = true,
            Mean = [0.4914, 0.4822, 0.4465],
            Std = [0.2023, 0.1994, 0.2010],
        };

    /// <summary>
    /// Classification of CIFAR-100: crops, flips, mean and deviation per channel of all pixels of the training images.
    /// </summary>
    public static Preprocessing Cifar100Classification { get; } =
        new()
        {
            MaxShift = 4,
            Flip = true,
            Mean = [0.5071, 0.4865, 0.4409],
            Std = [0.2673, 0.2564, 0.2762],
        };

    /// <summary>The same without shifts, warps and flips: for evaluation. Dequantisation stays.</summary>
    public Preprocessing ForEvaluation() =>
        this with
        {
            MaxShift = 0,
            MaxWarp = 0,
            Flip = false,
        };

    /// <summary>The shape after it.</summary>
    public ImageShape Output(ImageShape input) =>
        new(input.Channels * Copies, input.Height + 2 * Pad, input.Width + 2 * Pad);

    /// <summary>All images as one tensor (images, channels, height, width), float32 on the CPU.</summary>
    /// <param name="images">The images, some thousands at most: for more, use <see cref="Batches"/>.</param>
    /// <param name="seed">The seed of what is random.</param>
    /// <exception cref="ArgumentException">The settings are impossible, or do not fit the images.</exception>
    public torch.Tensor ToTensor(ImageSplit images, ulong seed)
    {
        Check(images.Shape);
        var shape = Output(images.Shape);
        var x = torch.empty([images.Count, shape.Channels, shape.Height, shape.Width], torch.float32, torch.CPU);
        var values = MemoryMarshal.Cast<byte, float>(x.bytes);
        for (int i = 0; i < images.Count; i++)
            Apply(
                images.Image(i),
                images.Shape,
                seed,
                epoch: 0,
                i,
                values.Slice(i * shape.Dimensions, shape.Dimensions)
            );
        return x;
    }

    /// <summary>Back to pixel values for display: p/255 in [0, 1], clamped. Padding and copies stay.</summary>
    /// <param name="x">Model inputs or samples, (images, channels, height, width).</param>
    public torch.Tensor ToPixels(torch.Tensor x)
    {
        using var scope = torch.NewDisposeScope();
        if (Dequantise)
            return ((x + Centre) * 256).floor().div(255).clamp(0, 1).MoveToOuterDisposeScope();
        var (mean, std) = Scale(x);
        return (x * std + mean).clamp(0, 1).MoveToOuterDisposeScope();
    }

    /// <summary>What a model without dequantisation takes, from pixel values p/255.</summary>
    internal torch.Tensor FromPixels(torch.Tensor pixels)
    {
        using var scope = torch.NewDisposeScope();
        var (mean, std) = Scale(pixels);
        return ((pixels - mean) / std).MoveToOuterDisposeScope();
    }

    private (torch.Tensor mean, torch.Tensor std) Scale(torch.Tensor like)
    {
        torch.Tensor ByChannel(IReadOnlyList<double> values) =>
            torch.tensor(values.ToArray(), like.dtype, like.device).view(1, -1, 1, 1);
        return (ByChannel(Mean), ByChannel(Std));
    }

    /// <exception cref="ArgumentException">The settings are impossible, or do not fit images of this shape.</exception>
    internal void Check(ImageShape input)
    {
        if (MaxShift < 0 || MaxShift > Math.Min(input.Height, input.Width))
            throw new ArgumentException(
                $"MaxShift = {MaxShift}: shifts of {input} can be 0 to {Math.Min(input.Height, input.Width)} pixels."
            );
        if (!(MaxWarp >= 0 && MaxWarp < MostWarp))
            throw new ArgumentException(
                FormattableString.Invariant($"MaxWarp = {MaxWarp}: give 0 or more, below {MostWarp}.")
            );
        if (Pad < 0)
            throw new ArgumentException($"Pad = {Pad}: give 0 or more pixels.");
        if (Copies < 1)
            throw new ArgumentException($"Copies = {Copies}: give 1 or more.");
        foreach (var (name, values) in new[] { (nameof(Mean), Mean), (nameof(Std), Std) })
            if (values.Count != 1 && values.Count != input.Channels * Copies)
                throw new ArgumentException(
                    $"{name} has {values.Count} values: give one, or one for each of the {input.Channels * Copies} "
                        + "channels."
                );
        if (Std.FirstOrDefault(s => !(s > 0), 1) is var bad and not 1)
            throw new ArgumentException($"Std = {bad}: give positive numbers.");
    }

    /// <summary>Preprocesses one image.</summary>
    /// <param name="image">Its pixels.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="epoch">The epoch: each has its own noise, shifts, warps and flips.</param>
    /// <param name="index">The image's index in its data set.</param>
    /// <param name="x">The result.</param>
    internal void Apply(ReadOnlySpan<byte> image, ImageShape shape, ulong seed, int epoch, int index, Span<float> x)
    {
        var random = new Philox(seed, (RandomStreams.Augmentation, (uint)epoch, (uint)index));
        var (down, right) =
            MaxShift > 0
                ? (random.NextInt32(2 * MaxShift + 1) - MaxShift, random.NextInt32(2 * MaxShift + 1) - MaxShift)
                : (0, 0);
        bool flip = Flip && random.NextInt32(2) == 1;
        // Drawn only where there is one: what was drawn before there were warps stays.
        if (MaxWarp > 0)
            image = Warp.Of(image, shape, MaxWarp, ref random);
        var output = Output(shape);
        ushort[] noise = new ushort[Dequantise ? output.Dimensions : 0];
        random.Fill(noise);

        // Where each padded row and column comes from; -1 where it is padding.
        int[] rows = new int[output.Height],
            columns = new int[output.Width];
        for (int i = 0; i < output.Height; i++)
            rows[i] = i < Pad || i >= Pad + shape.Height ? -1 : Mirror.Inside(i - Pad + down, shape.Height);
        for (int j = 0; j < output.Width; j++)
            columns[j] =
                j < Pad || j >= Pad + shape.Width
                    ? -1
                    : Mirror.Inside((flip ? shape.Width - 1 - (j - Pad) : j - Pad) + right, shape.Width);

        int k = 0;
        for (int c = 0; c < output.Channels; c++)
        {
            // Copies follow each other as torch's repeat has them: c0 c1 c2 c0 c1 c2.
            var plane = image.Slice(c % shape.Channels * shape.Height * shape.Width, shape.Height * shape.Width);
            float mean = (float)Mean[Mean.Count == 1 ? 0 : c];
            float std = (float)Std[Std.Count == 1 ? 0 : c];
            foreach (int row in rows)
                foreach (int column in columns)
                {
                    int p = row < 0 || column < 0 ? 0 : plane[row * shape.Width + column];
                    x[k] = Dequantise ? (p * 65536 + noise[k]) * (1f / 16777216) - Centre : (p / 255f - mean) / std;
                    k++;
                }
        }
    }

    private float Centre => Centred ? 0.5f : 0;
}
