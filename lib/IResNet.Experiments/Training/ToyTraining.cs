namespace IResNet.Experiments.Training;

/// <summary>Trains a flow on a 2-D density in this process and keeps nothing on disk.</summary>
public static class ToyTraining
{
    /// <summary>Trains on fresh points and evaluates on others: nats, less is better.</summary>
    /// <param name="flow">The model, trained in place.</param>
    /// <param name="density">One of <see cref="Data.ToyData.Names"/>.</param>
    /// <param name="options">How long, how fast.</param>
    /// <param name="sink">Told about every step, on the training's thread; nobody by default.</param>
    /// <param name="cancel">Ends the training after the step in hand; the result then has no
    /// <see cref="TrainingResult{T}.Test"/>.</param>
    /// <exception cref="ArgumentException">The options are impossible, or there is no such density.</exception>
    /// <exception cref="TrainingDivergedException">Loss or gradient is not finite, or the loss exploded.</exception>
    public static Task<TrainingResult<Evaluation>> Run(
        Flow flow,
        string density,
        ToyTrainingOptions options,
        ITrainingSink? sink = null,
        CancellationToken cancel = default
    ) => InlineTraining.Run<Evaluation>(() => new ToyTask(flow, density, options), options, sink, cancel);
}
