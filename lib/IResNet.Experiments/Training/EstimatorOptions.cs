using System.Text.Json.Serialization;
using IResNet.Experiments.Training.Estimators;

namespace IResNet.Experiments.Training;

/// <summary>How log-determinants are estimated in training: an estimator with its settings.</summary>
[
    JsonPolymorphic(TypeDiscriminatorPropertyName = "kind"),
    JsonDerivedType(typeof(NeumannOptions), "neumann"),
    JsonDerivedType(typeof(PowerSeriesOptions), "powerSeries"),
    JsonDerivedType(typeof(RussianRouletteOptions), "roulette")
]
public abstract record EstimatorOptions
{
    /// <summary>The estimator; the training seeds it.</summary>
    public abstract LogDetEstimator Create();

    /// <summary>The estimator for a model whose layers' coefficients set a bound; by default the same.</summary>
    /// <param name="lipschitz">The largest Lip(g) that they allow per block.</param>
    public virtual LogDetEstimator CreateFor(double lipschitz) => Create();

    /// <summary>Refuses values out of range.</summary>
    /// <exception cref="ArgumentException">The message names value and range.</exception>
    public virtual void Validate() { }
}
