using IResNet.Lanes;

namespace IResNet;

/// <summary>
/// g of a residual block x + g(x): linear layers of spectral norm at most c with contractive activations between them,
/// so that Lip(g) is at most c to the number of layers (section 2.1).
/// </summary>
public abstract class ResidualBranch : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "layers")]
    private readonly ModuleList<SpectralLayer> _layers;

    [ComponentName(Name = "activations")]
    private readonly ModuleList<Activation> _activations;
    private readonly bool _leadingActivation;

    /// <summary>Builds the chain [activation,] layer, activation, layer, ...</summary>
    private protected ResidualBranch(
        string name,
        IEnumerable<SpectralLayer> layers,
        ActivationKind activation,
        bool leadingActivation
    )
        : base(name)
    {
        _layers = new ModuleList<SpectralLayer>([.. layers]);
        _activations = new ModuleList<Activation>([
            .. Enumerable
                .Range(0, _layers.Count - (leadingActivation ? 0 : 1))
                .Select(_ => IResNet.Activation.Of(activation)),
        ]);
        (_leadingActivation, Activation) = (leadingActivation, activation);
        RegisterComponents();
        Layers = [.. _layers];
    }

    /// <summary>The linear layers, in the order of application.</summary>
    public IReadOnlyList<SpectralLayer> Layers { get; }

    /// <summary>The nonlinearity between the layers.</summary>
    public ActivationKind Activation { get; }

    /// <summary>Whether an activation comes before the first layer; the paper's first block has none.</summary>
    public bool LeadingActivation => _leadingActivation;

    /// <summary>Refuses inputs that the first layer cannot take.</summary>
    internal void Check(Tensor x)
    {
        CheckShape(x);
        Guard.SameType(x, Layers[0].Weight);
    }

    /// <summary>Refuses shapes that the first layer cannot take.</summary>
    private protected abstract void CheckShape(Tensor x);

    /// <summary>g(x).</summary>
    /// <exception cref="ShapeException">x does not fit the branch, in shape or type.</exception>
    public override Tensor forward(Tensor x)
    {
        Check(x);
        using var scope = NewDisposeScope();
        return Evaluate(x, layer => Layers[layer].EffectiveWeight()).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// g with the effective weights of now, computed once: for the many evaluations of an inverse. They live in the
    /// caller's dispose scope.
    /// </summary>
    internal Func<Tensor, Tensor> AtPresentWeights()
    {
        Tensor[] weights = [.. Layers.Select(layer => layer.EffectiveWeight())];
        return x =>
        {
            Check(x);
            using var scope = NewDisposeScope();
            return Evaluate(x, layer => weights[layer]).MoveToOuterDisposeScope();
        };
    }

    /// <summary>Evaluates g at x once and keeps what Jacobian products need.</summary>
    /// <remarks>The result lives in the caller's dispose scope.</remarks>
    /// <exception cref="ShapeException">x does not fit the branch, in shape or type.</exception>
    public Linearization Linearize(Tensor x)
    {
        Check(x);
        if (LaneEvaluation.Supports(this, x))
            return LaneLinearization.At(this, x);
        var steps = new List<TorchLinearization.Step>();
        var h = x;
        for (int i = 0; i < Layers.Count; i++)
        {
            var activation = ActivationBefore(i);
            Tensor? slope = null;
            if (activation is not null)
            {
                var value = activation.forward(h);
                slope = activation.Slope(h, value);
                h = value;
            }
            var weight = Layers[i].EffectiveWeight();
            steps.Add(new(Layers[i], weight, activation, slope));
            h = Layers[i].ApplyWithBias(weight, h);
        }
        return new TorchLinearization(this, steps, x, h);
    }

    /// <summary>
    /// Advances every layer's power iteration by its configured number of iterations; a training step does this once.
    /// </summary>
    public void PowerIteration()
    {
        foreach (var layer in Layers)
            layer.PowerIteration(layer.Options.PowerIterations);
    }

    /// <summary>Fixes the effective weights of all layers, see <see cref="SpectralLayer.Freeze"/>.</summary>
    public void Freeze(FrozenNorm norm = FrozenNorm.Certified)
    {
        foreach (var layer in Layers)
            layer.Freeze(norm);
    }

    /// <summary>Goes back to normalizing the raw weights at every use.</summary>
    public void Unfreeze()
    {
        foreach (var layer in Layers)
            layer.Unfreeze();
    }

    /// <summary>
    /// An upper bound of Lip(g): the product of certified norms of the effective weights in use. Below 1 it certifies
    /// that the block is invertible (Theorem 1); at or above 1 it says nothing.
    /// </summary>
    public double LipschitzBound() => Layers.Aggregate(1.0, (product, layer) => product * layer.NormBound());

    private Tensor Evaluate(Tensor x, Func<int, Tensor> weight)
    {
        var h = x;
        for (int i = 0; i < Layers.Count; i++)
        {
            if (ActivationBefore(i) is { } activation)
                h = activation.forward(h);
            h = Layers[i].ApplyWithBias(weight(i), h);
        }
        return h;
    }

    private Activation? ActivationBefore(int layer) =>
        _leadingActivation ? _activations[layer]
        : layer == 0 ? null
        : _activations[layer - 1];
}
