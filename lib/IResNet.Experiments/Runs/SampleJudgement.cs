using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using IResNet.Experiments.Statistics;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Runs;

/// <summary>
/// What a classifier that was trained apart makes of a model's samples: bits/dim say little of how they look.
/// </summary>
/// <param name="Sure">The share of samples to which it gives a class with a probability of at least
/// <see cref="LeastProbability"/>.</param>
/// <param name="Right">The share to which it gives the class of which they were drawn; null of a model that knows no
/// classes.</param>
/// <param name="Images">As <paramref name="Sure"/>, of test images.</param>
public sealed record SampleJudgement(Proportion Sure, Proportion? Right, Proportion Images)
{
    /// <summary>The probability from which it counts as sure.</summary>
    public const double LeastProbability = 0.9;

    private const int BatchSize = 250;

    /// <summary>Draws samples, of a hybrid as many of each class, and judges them.</summary>
    /// <param name="model">A density or hybrid of images.</param>
    /// <param name="judge">A classifier of the same images.</param>
    /// <param name="settings">How many, how; the class, where one is named.</param>
    /// <param name="images">Images to compare them with: test images of the judge's data set.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <exception cref="ConfigurationException">One of the two is another kind of model, they are of other images, or
    /// there are fewer samples than classes.</exception>
    /// <exception cref="NonConvergenceException">An inverse did not converge.</exception>
    public static SampleJudgement Of(
        SavedModel model,
        SavedModel judge,
        SampleSettings settings,
        ImageSplit images,
        CancellationToken cancel = default
    )
    {
        var (drawn, judged) = Demand(model, judge);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (sure, right) = (0, 0);
        var draws = Draws(model.Model.Flow, settings);
        foreach (var (label, part) in draws)
        {
            cancel.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var pixels = drawn.ToPixels(ModelSamples.Draw(model.Model.Flow, part)).to(DeviceOf(judge));
            var (probability, chosen) = Judge(judge, judged.FromPixels(pixels));
            sure += Sum(probability >= LeastProbability);
            right += Sum(chosen.eq(label ?? -1));
        }
        int count = draws.Sum(draw => draw.part.Count);
        return new(
            Proportion.Of(sure, count),
            draws[0].label is null ? null : Proportion.Of(right, count),
            OfImages(judge, judged, images, cancel)
        );
    }

    /// <summary>Refuses two models of which one cannot judge the other; gives their preprocessing.</summary>
    /// <exception cref="ConfigurationException">As for <see cref="Of"/>.</exception>
    public static (Preprocessing drawn, Preprocessing judged) Demand(SavedModel model, SavedModel judge)
    {
        if (model.Experiment is not ImageFlowExperiment { Data: var drawn })
            throw new ConfigurationException(
                $"{model.Experiment.Name} draws no pictures: name a density's or a hybrid's run or weights."
            );
        if (judge.Experiment is not ClassificationExperiment { Data: var judged })
            throw new ConfigurationException(
                $"{judge.Experiment.Name} is no classifier, which could judge samples: name a classifier's run or "
                    + "weights."
            );
        if (drawn.ModelInput != judged.ModelInput)
            throw new ConfigurationException(
                $"{model.Source} draws {drawn.ModelInput}, {judge.Source} judges {judged.ModelInput}: take a "
                    + "classifier of the same images."
            );
        return (drawn.Preprocessing, judged.Preprocessing);
    }

    /// <summary>In words.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{Sure} of {Sure.Trials:N0} samples get a class with at least ")
        + FormattableString.Invariant($"{LeastProbability} probability, {Images} of {Images.Trials:N0} test images")
        + (Right is { } right ? $"; {right} of the samples get their own class" : "");

    /// <summary>Of a model that knows classes, as many of each, with seeds of their own.</summary>
    private static (int? label, SampleSettings part)[] Draws(Flow flow, SampleSettings settings)
    {
        if (flow is not HybridFlow hybrid || settings.Class is not null)
            return [(settings.Class, settings)];
        if (settings.Count < hybrid.Classes)
            throw new ConfigurationException(
                $"{settings.Count} samples of {hybrid.Classes} classes: at least one of each is needed."
            );
        int each = settings.Count / hybrid.Classes;
        return
        [
            .. Enumerable
                .Range(0, hybrid.Classes)
                .Select(label =>
                    ((int?)label, settings with { Class = label, Count = each, Seed = settings.Seed + (ulong)label })
                ),
        ];
    }

    private static Proportion OfImages(
        SavedModel judge,
        Preprocessing preprocessing,
        ImageSplit images,
        CancellationToken cancel
    )
    {
        var options = new BatchOptions
        {
            Size = Math.Min(BatchSize, images.Count),
            Shuffle = false,
            Device = DeviceOf(judge),
        };
        int sure = 0;
        foreach (var batch in new Batches(images, preprocessing.ForEvaluation(), seed: 0, options).Epoch(cancel))
        {
            using var scope = NewDisposeScope();
            sure += Sum(Judge(judge, batch.Images).probability >= LeastProbability);
            batch.Dispose();
        }
        return Proportion.Of(sure, images.Count);
    }

    private static Device DeviceOf(SavedModel judge) => judge.Model.Module.parameters().First().device;

    private static (Tensor probability, Tensor label) Judge(SavedModel judge, Tensor x) =>
        nn.functional.softmax(((nn.Module<Tensor, Tensor>)judge.Model.Module).forward(x), 1).max(1);

    private static int Sum(Tensor counted) => (int)counted.sum().ReadDouble();
}
