using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>A hybrid model on labelled images: <see cref="HybridFlow.Loss"/>.</summary>
internal sealed class HybridTask(
    HybridFlow flow,
    ImageSplits images,
    Preprocessing preprocessing,
    HybridTrainingOptions options
) : DensityTask(flow, images, preprocessing, options)
{
    private const int BeginningBatch = 500,
        FactorExamples = 20_000;

    /// <summary>
    /// Gaussians that do not know the classes yet are fitted to latents, so that classification begins as Bayes' rule
    /// and does not tear the flow apart. As many images as there are for factors, <see
    /// cref="TrainingOptions.InitialExamples"/> without.
    /// </summary>
    public override void Begin()
    {
        if (flow.Joint is not ClassGaussians { AreAlike: true } gaussians)
            return;
        int count = Math.Min(gaussians.Loadings is null ? options.InitialExamples : FactorExamples, Images.Train.Count);
        var batches = new Batches(
            Images.Train[..count],
            Preprocessing,
            options.Seed,
            new() { Size = Math.Min(BeginningBatch, count), Device = Device }
        );
        var (latents, labels) = (new List<Tensor>(), new List<Tensor>());
        for (long seen = 0; seen < count; seen += labels[^1].size(0))
        {
            using var scope = NewDisposeScope();
            var batch = batches.Next();
            latents.Add(flow.LatentsOf(batch.Images).flatten(1).MoveToOuterDisposeScope());
            labels.Add(batch.Labels.MoveToOuterDisposeScope());
        }
        gaussians.Fit(cat(latents), cat(labels));
    }

    public override Tensor Loss(Batch batch) => flow.Loss(batch.Images, batch.Labels, options.Weight, EstimatorFor);

    public override Evaluation Evaluate(HeldOut examples, CancellationToken cancel)
    {
        try
        {
            var classification = HybridEvaluator.Classify(
                flow,
                Images.Of(examples),
                Preprocessing,
                options.Seed,
                cancel
            );
            return new HybridEvaluation(classification, (DensityEvaluation)base.Evaluate(examples, cancel));
        }
        finally
        {
            flow.train();
        }
    }

    /// <summary>Samples of the classes in turn.</summary>
    protected override Tensor Sample(int count, Generator generator)
    {
        var latents = Enumerable
            .Range(0, count)
            .Select(i => flow.Joint.SampleClass(i % flow.Classes, 1, generator: generator))
            .ToList();
        return flow.Transform.Inverse(cat(latents)).Value;
    }
}
