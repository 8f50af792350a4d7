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
