using IResNet.Experiments.Figures;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>
/// How a network for Figure 1 is made. The paper states no depth, width, noise or optimiser: these are ours.
/// </summary>
public sealed record LineDynamicsOptions
{
    /// <summary>
    /// Residual blocks, an even number. x^3 has derivative 12 at 2, and each block of Lipschitz constant L multiplies
    /// derivatives by 1 + L at most.
    /// </summary>
    public int Blocks { get; init; } = 20;

    /// <summary>Widths of the hidden layers of each block.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [32, 32];

    /// <summary>Spectral normalization; disabled for the plain network.</summary>
    public SpectralNormOptions SpectralNorm { get; init; } = new() { PowerIterations = 1 };

    /// <summary>Standard deviation of the noise on both targets.</summary>
    public double Noise { get; init; } = 0.1;

    /// <summary>Training steps.</summary>
    public int Steps { get; init; } = 800;

    /// <summary>Fresh points per step, uniform on [-2, 2].</summary>
    public int Batch { get; init; } = 128;

    /// <summary>Rate of Adam.</summary>
    public double LearningRate { get; init; } = 0.01;

    /// <summary>The seed of the initial weights, the points and the noise.</summary>
    public int Seed { get; init; } = 1;
}

/// <summary>
/// A residual network on the real line, trained to be x^3 at half depth and the identity at full depth, each with noise
/// on its targets (Figure 1). Its weights are frozen at certified norms and it computes in float64, so that a crossing
/// is one of the network and not of rounding.
/// </summary>
public sealed class LineDynamics : IDisposable
{
    private readonly Sequence _firstHalf,
        _secondHalf;

    private LineDynamics(Sequence firstHalf, Sequence secondHalf, IReadOnlyList<double> losses)
    {
        (_firstHalf, _secondHalf, Losses) = (firstHalf, secondHalf, losses);
        Blocks = [.. firstHalf.Bijections.Concat(secondHalf.Bijections).Cast<ResidualBlock>()];
    }

    /// <summary>The residual blocks, in forward order.</summary>
    public IReadOnlyList<ResidualBlock> Blocks { get; }

    /// <summary>The sum of both mean squared errors at each training step.</summary>
    public IReadOnlyList<double> Losses { get; }

    /// <summary>The paths of points through the blocks.</summary>
    public Trajectories Trajectories(IReadOnlyList<double> starts)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var x = tensor(starts.ToArray(), ScalarType.Float64, CPU).unsqueeze(1);
        var positions = new List<double[]> { starts.ToArray() };
        foreach (var block in Blocks)
        {
            x = block.forward(x).y;
            positions.Add(x.ReadDoubles());
        }
        return new(positions);
    }

    /// <summary>
    /// Trains a network: Adam on the sum of both losses, the rate decaying to 0 along a cosine.
    /// </summary>
    /// <param name="options">Size, normalization, length.</param>
    /// <param name="cancel">Throws between two steps.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    /// <exception cref="NonFiniteException">The loss is not finite.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Task<LineDynamics> Train(LineDynamicsOptions options, CancellationToken cancel = default)
    {
        if (options.Blocks < 2 || options.Blocks % 2 != 0)
            throw new ArgumentOutOfRangeException(
                nameof(options),
                options.Blocks,
                "Blocks must be even, and at least 2."
            );
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Steps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Batch, 1);
        return TrainingThread.Run(() => TrainHere(options, cancel));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _firstHalf.Dispose();
        _secondHalf.Dispose();
    }

    private static LineDynamics TrainHere(LineDynamicsOptions options, CancellationToken cancel)
    {
        manual_seed(options.Seed);
        using var generator = new Generator((ulong)options.Seed);
        var (firstHalf, secondHalf) = (Half(options), Half(options));
        var layers = firstHalf
            .Bijections.Concat(secondHalf.Bijections)
            .Cast<ResidualBlock>()
            .SelectMany(block => block.Branch.Layers)
            .ToList();
        foreach (var layer in layers)
            layer.PowerIteration(50);
        using var adam = optim.Adam(firstHalf.parameters().Concat(secondHalf.parameters()), options.LearningRate);
        var losses = new List<double>();
        for (int step = 0; step < options.Steps; step++)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            foreach (var group in adam.ParamGroups)
                group.LearningRate = options.LearningRate * (1 + Math.Cos(Math.PI * step / options.Steps)) / 2;
            var x = Draws.Uniform([options.Batch, 1], ScalarType.Float32, CPU, generator) * 4 - 2;
            var halfway = firstHalf.forward(x).y;
            var end = secondHalf.forward(halfway).y;
            Tensor Noise() => options.Noise * Draws.Normal([options.Batch, 1], ScalarType.Float32, CPU, generator);
            var loss = nn.functional.mse_loss(halfway, x.pow(3) + Noise()) + nn.functional.mse_loss(end, x + Noise());
            losses.Add(loss.ReadDouble());
            if (!double.IsFinite(losses[^1]))
                throw new NonFiniteException($"The loss of step {step + 1} is {losses[^1]}. Lower the learning rate.");
            adam.zero_grad();
            loss.backward();
            adam.step();
        }
        foreach (var half in new[] { firstHalf, secondHalf })
            half.to(ScalarType.Float64).eval();
        foreach (var layer in layers)
            layer.Freeze(FrozenNorm.Certified);
        return new(firstHalf, secondHalf, losses);
    }

    // No activation before the first layer: ELU saturates for negative numbers, and on the line that would be half of
    // the input.
    private static Sequence Half(LineDynamicsOptions options) =>
        new(
            Enumerable
                .Range(0, options.Blocks / 2)
                .Select(_ => new ResidualBlock(
                    new DenseBranch(1, options.Hidden, options.SpectralNorm),
                    new NoLogDet()
                ))
        );
}
