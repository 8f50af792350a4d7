namespace IResNet.Tests.Parity;

/// <summary>
/// A branch as the code of Residual Flows keeps it: activations and layers alternate, and the place in that list is the
/// name, <c>1.weight</c> or <c>2.beta</c>.
/// </summary>
internal static class ResidualFlowBranch
{
    /// <summary>A branch with this state, in the state's type and in evaluation mode.</summary>
    /// <param name="state">By names without the prefix of the branch.</param>
    /// <param name="activation">Nonlinearity of all places.</param>
    /// <param name="coefficient">c of all layers.</param>
    public static SequentialBranch Load(
        IReadOnlyDictionary<string, Tensor> state,
        ActivationKind activation,
        double coefficient
    )
    {
        var places = state
            .Keys.Where(name => name.EndsWith(".weight", StringComparison.Ordinal))
            .Select(name => int.Parse(name.Split('.')[0], System.Globalization.CultureInfo.InvariantCulture))
            .Order()
            .ToList();
        var branch = new SequentialBranch(
            places.Select(place => Layer(state, $"{place}.", coefficient)),
            Enumerable.Range(0, places[0] == 0 ? places.Count - 1 : places.Count).Select(_ => activation.Create())
        );
        branch.to(state[$"{places[0]}.weight"].dtype).eval();
        using var noGrad = no_grad();
        foreach (var (name, tensor) in Named(branch))
            tensor.copy_(state[name]);
        return branch;
    }

    /// <summary>The branch's own tensors under their official names.</summary>
    public static Dictionary<string, Tensor> Named(SequentialBranch branch)
    {
        var named = new Dictionary<string, Tensor>();
        int first = branch.LeadingActivation ? 1 : 0;
        foreach (var (i, layer) in branch.Layers.Index())
        {
            named[$"{2 * i + first}.weight"] = layer.Weight;
            named[$"{2 * i + first}.bias"] = layer.Bias;
            named[$"{2 * i + first}.u"] = layer.U;
            named[$"{2 * i + first}.v"] = layer.V;
        }
        foreach (var (i, activation) in branch.Activations.Index())
            foreach (var (name, parameter) in activation.named_parameters())
                named[$"{2 * i + 1 - first}.{name}"] = parameter;
        return named;
    }

    private static SpectralLayer Layer(IReadOnlyDictionary<string, Tensor> state, string prefix, double coefficient)
    {
        var weight = state[$"{prefix}weight"];
        var options = new SpectralNormOptions { Coefficient = coefficient, DivisorMargin = 0 };
        var (outputs, inputs) = ((int)weight.size(0), (int)weight.size(1));
        if (weight.dim() == 2)
            return new SpectralLinear(inputs, outputs, options);
        var size = state[$"{prefix}spatial_dims"].to(ScalarType.Int64);
        return new SpectralConv2d(
            inputs,
            outputs,
            (int)weight.size(2),
            (int)size[0].ToInt64(),
            (int)size[1].ToInt64(),
            options
        );
    }
}
