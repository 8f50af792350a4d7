using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using IResNet.Experiments.Training.Estimators;

namespace IResNet.Experiments.Figures;

/// <summary>
/// What training with a truncated series costs: a model trained with n terms maximises the truncated objective, and so
/// seeks weights where it promises too much. The paper names this bias as a reason for its distance to other flows
/// (section 5.3).
/// </summary>
/// <param name="Terms">n, in training.</param>
/// <param name="Objective">Bits/dim on held-out images with the same n terms: what training believes.</param>
/// <param name="Converged">Bits/dim of the same model and images, converged.</param>
/// <param name="StandardError">Of the difference of the two.</param>
public sealed record TrainingBias(int Terms, double Objective, double Converged, double StandardError)
{
    /// <summary>Bits/dim that the objective promises too much.</summary>
    public double Bias => Converged - Objective;

    /// <summary>
    /// Trains one model for each number of terms, all from the same weights, on the same batches and for as many steps.
    /// </summary>
    /// <param name="create">Makes the model, the same at each call.</param>
    /// <param name="data">Trained on its training images, evaluated on its first test images.</param>
    /// <param name="preprocessing">Of the images.</param>
    /// <param name="options">Length and pace, and which series; its number of terms and the size of the evaluation are
    /// overridden.</param>
    /// <param name="terms">Numbers of terms.</param>
    /// <param name="images">Test images to evaluate on, at least 2.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static async Task<IReadOnlyList<TrainingBias>> Of(
        Func<Flow> create,
        ImageDataSet data,
        Preprocessing preprocessing,
        DensityTrainingOptions options,
        IReadOnlyList<int> terms,
        int images,
        CancellationToken cancel = default
    )
    {
        var rows = new List<TrainingBias>();
        foreach (int n in terms)
        {
            using var flow = create();
            // The training's own evaluation is not used: as small as it can be.
            await DensityTraining.Run(
                flow,
                data,
                options with
                {
                    Estimator = (options.Estimator as SeriesOptions ?? new NeumannOptions()) with { Terms = n },
                    EvaluationImages = 2,
                    EvaluationTerms = 1,
                },
                cancel: cancel,
                preprocessing: preprocessing
            );
            cancel.ThrowIfCancellationRequested();
            var curve = TruncationCurve.Of(flow, data.Test[..images], preprocessing, [n], options.Seed, cancel);
            rows.Add(new(n, curve.BitsPerDim[0], curve.Converged, curve.StandardErrors[0]));
        }
        return rows;
    }
}
