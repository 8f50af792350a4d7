namespace IResNet.Experiments.Training;

/// <summary>
/// What a training gave. The final weights are in the model that was trained, which is frozen for evaluation and
/// sampling; <c>train()</c> unfreezes it.
/// </summary>
/// <param name="Outcome">Whether it ran to its end.</param>
/// <param name="Steps">Steps made.</param>
/// <param name="Seconds">Training time, evaluations not counted.</param>
/// <param name="Losses">The loss of each step, with the training estimator.</param>
/// <param name="Evaluations">Held-out figures along the way, each with the number of steps before it.</param>
/// <param name="Test">The final figure on held-out examples; null when the training was cancelled.</param>
public sealed record TrainingResult<T>(
    TrainingOutcome Outcome,
    long Steps,
    double Seconds,
    IReadOnlyList<double> Losses,
    IReadOnlyList<(long Step, T Result)> Evaluations,
    T? Test
)
    where T : Evaluation;
