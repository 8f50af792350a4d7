using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Training;

/// <summary>
/// Trains a classifier, the i-ResNet or a baseline, in this process and keeps nothing on disk; for runs that must
/// survive, see <c>iresnet train</c>.
/// </summary>
public static class ClassifierTraining
{
    /// <summary>Trains on a data set's training images and evaluates on its test images.</summary>
    /// <param name="classifier">The model, from images to logits; trained in place. The body of a
    /// <see cref="Classifier"/> is left frozen at certified norms.</param>
    /// <param name="data">The images.</param>
    /// <param name="options">How long, how fast.</param>
    /// <param name="sink">Told about every step, on the training's thread; nobody by default.</param>
    /// <param name="cancel">Ends the training after the step in hand; the result then has no
    /// <see cref="TrainingResult{T}.Test"/>.</param>
    /// <param name="preprocessing">By default the data set's own, <see cref="ImageDataSet.Classification"/>.</param>
    /// <exception cref="ArgumentException">The options are impossible, or the data do not fit the options.</exception>
    /// <exception cref="ShapeException">The images do not fit the model.</exception>
    /// <exception cref="TrainingDivergedException">Loss or gradient is not finite, or the loss exploded.</exception>
    public static Task<TrainingResult<ClassifierEvaluation>> Run(
        nn.Module<Tensor, Tensor> classifier,
        ImageDataSet data,
        ClassifierTrainingOptions options,
        ITrainingSink? sink = null,
        CancellationToken cancel = default,
        Preprocessing? preprocessing = null
    ) =>
        InlineTraining.OnImages<ClassifierEvaluation>(
            data,
            images => new ClassifierTask(classifier, images, preprocessing ?? data.Classification, options),
            options,
            sink,
            cancel
        );
}
