namespace IResNet;

/// <summary>A linearization of any branch whose products are ordinary tensor operations.</summary>
internal sealed class TorchLinearization(
    ResidualBranch branch,
    IReadOnlyList<TorchLinearization.Step> steps,
    Tensor x,
    Tensor value
) : Linearization(branch, x, value)
{
    /// <inheritdoc/>
    protected override Tensor Jvp(Tensor tangents, long k)
    {
        using var scope = NewDisposeScope();
        var t = tangents;
        foreach (var step in steps)
        {
            if (step.Derivative is not null)
                t = Broadcast(t, k, s => step.Activation!.Jvp(step.Derivative, s));
            t = step.Layer.Apply(step.Weight, t);
        }
        return t.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override Tensor Vjp(Tensor cotangents, long k)
    {
        using var scope = NewDisposeScope();
        var u = cotangents;
        foreach (var step in steps.Reverse())
        {
            u = step.Layer.ApplyTranspose(step.Weight, u);
            if (step.Derivative is not null)
                u = Broadcast(u, k, s => step.Activation!.Vjp(step.Derivative, s));
        }
        return u.MoveToOuterDisposeScope();
    }

    /// <summary>Lets a derivative at one batch act on k stacked batches.</summary>
    private static Tensor Broadcast(Tensor stacked, long k, Func<Tensor, Tensor> act) =>
        k == 1 ? act(stacked) : act(stacked.unflatten(0, [k, stacked.size(0) / k])).flatten(0, 1);

    /// <summary>One layer with the weight in use, and what stands before it.</summary>
    internal readonly record struct Step(
        SpectralLayer Layer,
        Tensor Weight,
        Activation? Activation,
        Tensor? Derivative
    );
}
