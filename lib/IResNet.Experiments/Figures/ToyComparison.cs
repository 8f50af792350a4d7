using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;
using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>
/// Size and length of Figure 2's trainings: both models get the same depth, points, steps, optimiser and rates. The
/// paper: 100 blocks of 2-64-64-64-2 against 100 coupling layers with as many parameters; it states no optimiser, no
/// length, no c and no figures.
/// </summary>
public sealed record ToyScale
{
    /// <summary>Residual blocks, and coupling layers.</summary>
    public int Blocks { get; init; } = 20;

    /// <summary>Widths of a branch's hidden layers.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [32, 32];

    /// <summary>
    /// Widths of a coupling network's hidden layers. With one unit more a layer, Glow has slightly more parameters, as
    /// in the paper.
    /// </summary>
    public IReadOnlyList<int> GlowHidden { get; init; } = [33, 33];

    /// <summary>c of the i-ResNet.</summary>
    public double Coefficient { get; init; } = 0.99;

    /// <summary>
    /// Steps of Adam, gradients clipped to norm 1. The rate is raised over the first twentieth, and falls to a fifth
    /// after 60 % and again after 85 % of them.
    /// </summary>
    public long Steps { get; init; } = 2000;

    /// <summary>Fresh points a step.</summary>
    public int Batch { get; init; } = 500;

    /// <summary>The rate after warm-up.</summary>
    public double LearningRate { get; init; } = 0.01;

    /// <summary>
    /// The experiment that trains one of the models on one of the densities; what <c>iresnet train</c> runs with these
    /// values.
    /// </summary>
    /// <param name="density">One of <see cref="Data.ToyData.Names"/>.</param>
    /// <param name="kind">i-ResNet or Glow.</param>
    /// <param name="seed">Of initial weights and points.</param>
    public ToyExperiment Of(string density, BlockKind kind, ulong seed = 1)
    {
        var preset = (ToyExperiment)
            ExperimentCatalogue.Get(kind == BlockKind.Residual ? "density-toy" : "glow-toy", "quick");
        return preset with
        {
            Data = new() { Name = density },
            Model = new()
            {
                Kind = kind,
                Blocks = Blocks,
                Hidden = kind == BlockKind.Residual ? Hidden : GlowHidden,
                Coefficient = Coefficient,
            },
            Training = preset.Training with
            {
                Steps = Steps,
                Batch = Batch,
                LearningRate = LearningRate,
                WarmUpSteps = Steps / 20,
                ClipNorm = 1,
                DecaySteps = [Steps * 6 / 10, Steps * 85 / 100],
                EvaluateEvery = null,
                Seed = seed,
            },
        };
    }
}

/// <summary>A 2-D flow of Figure 2, trained and frozen.</summary>
/// <param name="Experiment">What it was trained for, and how.</param>
/// <param name="Model">The model. Disposed with this.</param>
/// <param name="Test">Nats on 10,000 fresh points, the same for every model of a density.</param>
/// <param name="Seconds">Training time; null where a file does not say it.</param>
public sealed record ToyFit(ToyExperiment Experiment, TrainedModel Model, Evaluation Test, double? Seconds)
    : IDisposable
{
    /// <summary>How many numbers were learned.</summary>
    public long Parameters =>
        Model.Module.parameters().Where(parameter => parameter.requires_grad).Sum(parameter => parameter.numel());

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}

/// <summary>Figure 2: an i-ResNet against a Glow of the same depth and size on 2-D densities.</summary>
public static class ToyComparison
{
    /// <summary>Trains a model in this process.</summary>
    /// <param name="experiment">Which, and how: <see cref="ToyScale.Of"/>.</param>
    /// <param name="sink">Told about every step; nobody by default.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was ended before it was through.</exception>
    /// <exception cref="TrainingDivergedException">Loss or gradient is not finite.</exception>
    public static async Task<ToyFit> Train(
        ToyExperiment experiment,
        ITrainingSink? sink = null,
        CancellationToken cancel = default
    )
    {
        experiment.Validate();
        var model = experiment.CreateModel(CPU);
        try
        {
            var run = await ToyTraining.Run(model.Flow, experiment.Data.Name, experiment.Training, sink, cancel);
            return new(experiment, model, run.Test ?? throw new OperationCanceledException(cancel), run.Seconds);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Opens a model that <c>iresnet export</c> wrote, and evaluates it.</summary>
    /// <param name="path">The weights file.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="WeightsFormatException">The file is damaged.</exception>
    /// <exception cref="ConfigurationException">It holds another experiment's model.</exception>
    public static async Task<ToyFit> Open(string path, CancellationToken cancel = default)
    {
        var saved = SavedModel.Open(path);
        if (saved.Experiment is not ToyExperiment experiment)
        {
            saved.Dispose();
            throw new ConfigurationException($"{path} holds a model of {saved.Experiment.Name}, not of a 2-D density.");
        }
        return new(
            experiment,
            saved.Model,
            await ModelEvaluation.Evaluate(saved, error: 1, cancel: cancel),
            saved.Summary?.TrainingSeconds
        );
    }

    /// <summary>p(x) of a frozen flow at the centres of a grid's cells.</summary>
    /// <param name="flow">A flow on the plane.</param>
    /// <param name="cells">Cells a side.</param>
    /// <param name="reach">The grid is the square from -reach to reach.</param>
    /// <returns>Shape (cells, cells), rows upwards: the first row is the lowest.</returns>
    public static Tensor Density(Flow flow, int cells, double reach)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var type = flow.Prior.Mean.dtype;
        var axis = (arange(cells, dtype: type) + 0.5) * (2 * reach / cells) - reach;
        var points = stack([axis.repeat(cells), axis.repeat_interleave(cells)], dim: 1);
        return flow.forward(points).exp().view(cells, cells).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Points as a picture of the square from -4 to 4: square roots of counts, relative to the largest.
    /// </summary>
    /// <param name="points">Shape (n, 2).</param>
    /// <returns>Shape (128, 128), the first row on top.</returns>
    public static Tensor Picture(Tensor points)
    {
        using var scope = NewDisposeScope();
        return ToyTask.Histogram(points).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The share of the probability that lies on a grid: 1 if the grid holds all of it and the log-determinant is
    /// right.
    /// </summary>
    /// <param name="density">As <see cref="Density"/> gives it.</param>
    /// <param name="reach">The grid's.</param>
    public static double Mass(Tensor density, double reach) => density.mean().ToDouble() * 4 * reach * reach;

    /// <summary>
    /// The entropy of a density in nats, which no model can beat on average; null where no formula is known. The
    /// checkerboard is uniform on an area of 32; the eight Gaussians lie six standard deviations apart and hardly
    /// overlap.
    /// </summary>
    public static double? Entropy(string density) =>
        density switch
        {
            "checkerboard" => Math.Log(32),
            "8gaussians" => Math.Log(8) + 1 + Math.Log(2 * Math.PI * 0.25 / (1.414 * 1.414)),
            _ => null,
        };
}
