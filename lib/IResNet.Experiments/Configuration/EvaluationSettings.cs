namespace IResNet.Experiments.Configuration;

/// <summary>How a trained model is evaluated.</summary>
/// <param name="Error">For densities of images: how far the mean may be from its exact value, in bits/dim; others are
/// evaluated exactly.</param>
/// <param name="Count">The first so many test examples; null for all.</param>
/// <param name="Progress">Told in words how far it is.</param>
public sealed record EvaluationSettings(double Error, int? Count = null, Action<string>? Progress = null)
{
    /// <summary>How accurately where nobody says: to 0.001 bits/dim.</summary>
    public const double UsualError = 1e-3;
}
