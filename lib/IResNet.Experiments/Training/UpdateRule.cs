using System.Text.Json.Serialization;
using IResNet.Experiments.Training.Optimizers;

namespace IResNet.Experiments.Training;

/// <summary>An update rule with its own settings; rate, weight decay and schedule are the training's.</summary>
[
    JsonPolymorphic(TypeDiscriminatorPropertyName = "kind"),
    JsonDerivedType(typeof(AdamaxOptions), "adamax"),
    JsonDerivedType(typeof(AdamOptions), "adam"),
    JsonDerivedType(typeof(SgdOptions), "sgd")
]
public abstract record UpdateRule
{
    /// <summary>The rule on a model's parameters.</summary>
    internal abstract FlatOptimizer Create(FlatParameters parameters, TrainingOptions training);

    /// <exception cref="ArgumentException">A value is out of range.</exception>
    internal virtual void Validate() { }
}
