namespace IResNet;

/// <summary>
/// Goes through a flow in a backend's place, asks it what it would serve, and computes nothing: blocks let their input
/// pass, and no power iteration advances.
/// </summary>
internal sealed class Explaining(Backend backend) : Backend
{
    private readonly List<BackendRoute> _routes = [];
    private int _blocks;

    /// <inheritdoc/>
    public override string Name => backend.Name;

    /// <summary>Whether an explanation is under way, during which no module may change.</summary>
    public static bool IsOn => Backends.Current is Explaining;

    /// <summary>What was found out.</summary>
    public IReadOnlyList<BackendRoute> Routes => _routes;

    /// <inheritdoc/>
    public override Answer<(Tensor y, Tensor logDet)> Step(ResidualBranch branch, LogDetEstimator estimator, Tensor x)
    {
        _blocks++;
        Note("step", backend.Step(branch, estimator, x).WhyNot);
        using (no_grad())
        {
            Note("linearization", backend.Linearize(branch, x).WhyNot);
            Note(
                "norms",
                branch.Layers.Select(layer => backend.Normalize([layer]).WhyNot).FirstOrDefault(why => why is not null)
            );
            Note("inverse", backend.Invert(branch, new Chebyshev(), x).WhyNot);
        }
        return Answer<(Tensor, Tensor)>.Serve(() => (x.alias(), zeros(x.size(0), dtype: x.dtype, device: x.device)));
    }

    /// <inheritdoc/>
    public override Answer<IReadOnlyList<Tensor>> Normalize(IReadOnlyList<SpectralLayer> layers) =>
        Answer<IReadOnlyList<Tensor>>.Serve(() => [.. layers.Select(layer => layer.Weight)]);

    /// <inheritdoc/>
    public override Answer<Tensor> Affine(Tensor x, Tensor logScale, Tensor shift) =>
        Answer<Tensor>.Serve(() => x.alias());

    private void Note(string part, string? whyNot) =>
        _routes.Add(new(_blocks, part, whyNot is null ? backend.Name : Backends.Reference.Name, whyNot));
}
