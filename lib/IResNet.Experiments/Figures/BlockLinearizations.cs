using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>
/// The residual branches of a flow, each linearized at what reaches it from a batch: what estimators of
/// log-determinants see.
/// </summary>
public static class BlockLinearizations
{
    /// <summary>Calls an action for every block, in forward order, without gradients.</summary>
    /// <param name="flow">The flow; factor-outs are followed.</param>
    /// <param name="x">A batch.</param>
    /// <param name="action">Gets the branch at the batch. The linearization lives as long as the call; so do tensors
    /// made in it, unless they are taken out of the scope.</param>
    public static void Visit(Flow flow, Tensor x, Action<Linearization> action)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var visitor = new Visitor(action);
        flow.LogProbTerms(x, _ => visitor);
    }

    /// <summary>Stands in a block's place for an estimator, and looks instead.</summary>
    private sealed class Visitor(Action<Linearization> action) : LogDetEstimator
    {
        public override Tensor Estimate(Linearization g)
        {
            using (NewDisposeScope())
                action(g);
            return new NoLogDet().Estimate(g);
        }
    }
}
