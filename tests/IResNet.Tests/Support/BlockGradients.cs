namespace IResNet.Tests;

/// <summary>
/// What a block gives, and the gradients of a scalar made of it: for comparing a fast step with the plain one.
/// </summary>
internal static class BlockGradients
{
    /// <summary>Runs a block once forwards and once backwards. Its branch is float32 again afterwards.</summary>
    /// <param name="branch">The block's branch, whose parameters are differentiated.</param>
    /// <param name="dtype">The type to compute in.</param>
    /// <param name="input">The block's input, differentiated as well.</param>
    /// <param name="cotangents">The scalar is the inner product of output and log-determinant with these.</param>
    /// <param name="block">From input to output and log-determinant.</param>
    public static Dictionary<string, Tensor> Of(
        SequentialBranch branch,
        ScalarType dtype,
        Tensor input,
        (Tensor Y, Tensor LogDet) cotangents,
        Func<Tensor, (Tensor, Tensor)> block
    )
    {
        branch.to(dtype);
        branch.zero_grad();
        var x = input.to(dtype).detach().clone().requires_grad_();
        var (y, logDet) = block(x);
        ((y * cotangents.Y.to(dtype)).sum() + (logDet * cotangents.LogDet.to(dtype)).sum()).backward();
        var results = new Dictionary<string, Tensor>
        {
            ["y"] = y.detach(),
            ["log-determinant"] = logDet.detach(),
            ["x"] = x.grad!,
        };
        for (int i = 0; i < branch.Layers.Count; i++)
            (results[$"weight {i}"], results[$"bias {i}"]) = (
                branch.Layers[i].Weight.grad!.clone(),
                branch.Layers[i].Bias.grad!.clone()
            );
        var learned = branch.Activations.SelectMany(activation => activation.parameters()).ToList();
        if (learned.Count > 0)
            results["activations"] = cat([.. learned.Select(parameter => parameter.grad!)]);
        branch.to(ScalarType.Float32);
        return results;
    }
}
