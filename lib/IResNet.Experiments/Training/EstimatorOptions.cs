using System.Text.Json.Serialization;
using IResNet.Experiments.Training.Estimators;

namespace IResNet.Experiments.Training;

/// <summary>How log-determinants are estimated in training: an estimator with its settings.</summary>
[
    JsonPolymorphic(TypeDiscriminatorPropertyName = "kind"),
    JsonDerivedType(typeof(NeumannOptions), "neumann"),
    JsonDerivedType(typeof(PowerSeriesOptions), "powerSeries")
]
public abstract record EstimatorOptions
{
    /// <summary>The estimator; the training seeds it.</summary>
    public abstract LogDetEstimator Create();

    /// <summary>Refuses values out of range.</summary>
    /// <exception cref="ArgumentException">The message names value and range.</exception>
    public virtual void Validate() { }
}
