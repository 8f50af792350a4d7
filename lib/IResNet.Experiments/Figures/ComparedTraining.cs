using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>
/// How the classifiers of a comparison (Tables 2 and 3) are trained, so that only what is compared differs.
/// </summary>
internal static class ComparedTraining
{
    /// <summary>A tenth of the steps is warm-up, and the rate is times 0.2 after 60 and 80 %.</summary>
    public static ClassifierTrainingOptions Options(long steps, int batch, int testImages, ulong seed) =>
        new()
        {
            Steps = steps,
            Batch = batch,
            WarmUpSteps = steps / 10,
            DecaySteps = [steps * 6 / 10, steps * 8 / 10],
            EvaluationImages = testImages,
            InitialExamples = 512,
            Seed = seed,
        };

    /// <summary>Trains a network and measures it; disposes it if that fails.</summary>
    public static async Task<TrainingResult<ClassifierEvaluation>> Run(
        nn.Module<Tensor, Tensor> network,
        ImageDataSet data,
        ClassifierTrainingOptions options,
        ITrainingSink? sink,
        CancellationToken cancel
    )
    {
        try
        {
            return await ClassifierTraining.Run(network, data, options, sink, cancel);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }
}
