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
                t = Stacked(t, k, s => step.Activation!.Jvp(step.Derivative, s));
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
                u = Stacked(u, k, s => step.Activation!.Vjp(step.Derivative, s));
        }
        return u.MoveToOuterDisposeScope();
    }

    /// <summary>One layer with the weight in use, and what stands before it.</summary>
    internal readonly record struct Step(
        SpectralLayer Layer,
        Tensor Weight,
        Activation? Activation,
        Tensor? Derivative
    );
}
