namespace IResNet;

/// <summary>When a layer's norm is brought up to its weight in training.</summary>
public enum NormUpdate
{
    /// <summary>
    /// Before each step, in the forward pass, as the i-ResNet code does: from u to v to u. The norm is that of the
    /// weight in use.
    /// </summary>
    BeforeStep,

    /// <summary>
    /// After each step of the optimiser, as the code of Residual Flows does: from v to u to v
    /// (<see cref="Flow.UpdateNorms"/>). The training of this project calls it; a loop of your own has to.
    /// </summary>
    AfterStep,
}
