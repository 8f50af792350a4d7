namespace IResNet.Experiments.Training;

/// <summary>Which held-out examples.</summary>
public enum HeldOut
{
    /// <summary>For evaluations along the way and the choice of the best checkpoint.</summary>
    Validation,

    /// <summary>For the final figure.</summary>
    Test,
}
