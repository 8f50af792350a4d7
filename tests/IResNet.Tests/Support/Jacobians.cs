namespace IResNet.Tests;

/// <summary>
/// Full Jacobians by libtorch's reverse mode alone, one output element after the other: none of our own Jacobian
/// products is involved.
/// </summary>
internal static class Jacobians
{
    /// <summary>d f(x) / d x of every example by itself, shape (n, outputs, inputs), in no graph.</summary>
    public static Tensor Of(Func<Tensor, Tensor> f, Tensor x)
    {
        using var scope = NewDisposeScope();
        var each = new List<Tensor>();
        for (long i = 0; i < x.size(0); i++)
        {
            var one = x.narrow(0, i, 1).detach();
            var jacobian = autograd.functional.jacobian(f, one);
            each.Add(jacobian.reshape(-1, one.numel()));
        }
        return stack(each).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// ln |det J| per example; for a map into a larger space the logarithm of the volume it stretches to, ln det(J'J) /
    /// 2.
    /// </summary>
    public static Tensor LogVolume(Tensor jacobian)
    {
        using var scope = NewDisposeScope();
        bool square = jacobian.size(1) == jacobian.size(2);
        var logDet = linalg.slogdet(square ? jacobian : jacobian.mT.bmm(jacobian)).Item2;
        return (square ? logDet : logDet / 2).MoveToOuterDisposeScope();
    }
}
