namespace IResNet;

/// <summary>
/// g as a chain of linear layers of spectral norm at most c with contractive activations between them, so that Lip(g)
/// is at most c to the number of layers (section 2.1).
/// </summary>
public class SequentialBranch : ResidualBranch
{
    [ComponentName(Name = "layers")]
    private readonly ModuleList<SpectralLayer> _layers;

    [ComponentName(Name = "activations")]
    private readonly ModuleList<Activation> _activations;

    /// <summary>Builds the chain [activation,] layer, activation, layer, ...</summary>
    /// <param name="layers">The layers, first one first.</param>
    /// <param name="activations">A module for each place: as many as layers, or one fewer where none comes before the
    /// first layer.</param>
    /// <exception cref="ArgumentException">There are no layers, or their number does not fit that of the
    /// activations.</exception>
    public SequentialBranch(IEnumerable<SpectralLayer> layers, IEnumerable<Activation> activations)
        : this(nameof(SequentialBranch), ([.. layers], [.. activations])) { }

    /// <summary>As the other constructor, for a class of its own.</summary>
    /// <param name="name">The module's name.</param>
    /// <param name="parts">Layers and activations.</param>
    protected SequentialBranch(
        string name,
        (IReadOnlyList<SpectralLayer> layers, IReadOnlyList<Activation> activations) parts
    )
        : base(name)
    {
        var (layers, activations) = parts;
        if (layers.Count == 0 || layers.Count - activations.Count is not (0 or 1))
            throw new ArgumentException(
                $"{layers.Count} layers and {activations.Count} activations make no chain: give as many activations as "
                    + "layers, or one fewer if none is to come before the first layer.",
                nameof(parts)
            );
        _layers = new ModuleList<SpectralLayer>([.. layers]);
        _activations = new ModuleList<Activation>([.. activations]);
        RegisterComponents();
        (Activations, Chain) = ([.. activations], [.. layers]);
    }

    /// <summary>The nonlinearities, in the order of application.</summary>
    public IReadOnlyList<Activation> Activations { get; }

    /// <summary>Whether an activation comes before the first layer; the paper's first block has none.</summary>
    public bool LeadingActivation => Activations.Count == Chain.Count;

    /// <summary>The layers in the order of application; one that is used twice stands there twice.</summary>
    private IReadOnlyList<SpectralLayer> Chain { get; }

    /// <summary>g(x).</summary>
    /// <exception cref="ShapeException">x does not fit the branch, in shape or type.</exception>
    public override Tensor forward(Tensor x)
    {
        Check(x);
        using var scope = NewDisposeScope();
        return Evaluate(x, layer => Chain[layer].EffectiveWeight()).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Func<Tensor, Tensor> AtPresentWeights()
    {
        var weights = EffectiveWeights();
        return x =>
        {
            Check(x);
            using var scope = NewDisposeScope();
            return Evaluate(x, layer => weights[layer]).MoveToOuterDisposeScope();
        };
    }

    /// <inheritdoc/>
    public override Linearization Linearize(Tensor x)
    {
        Check(x);
        return Backends.Serve(backend => backend.Linearize(this, x));
    }

    /// <summary>The effective weights of now, a weight for each link of the chain.</summary>
    internal Tensor[] EffectiveWeights() => [.. Chain.Select(layer => layer.EffectiveWeight())];

    /// <summary>The same by torch's operations, with given effective weights.</summary>
    /// <param name="x">A batch, shape (n, ...).</param>
    /// <param name="weights">A weight for each layer in the order of application.</param>
    public Linearization Linearize(Tensor x, IReadOnlyList<Tensor> weights)
    {
        var steps = new List<TorchLinearization.Step>();
        var h = x;
        for (int i = 0; i < Chain.Count; i++)
        {
            var activation = ActivationBefore(i);
            Tensor? derivative = null;
            if (activation is not null)
            {
                var value = activation.forward(h);
                derivative = activation.Derivative(h, value);
                h = value;
            }
            steps.Add(new(Chain[i], weights[i], activation, derivative));
            h = Chain[i].ApplyWithBias(weights[i], h);
        }
        return new TorchLinearization(this, steps, x, h);
    }

    /// <summary>The product of the layers' certified norms and of the activations' Lipschitz constants.</summary>
    public override double LipschitzBound() => LipschitzBound(layer => layer.NormBound());

    /// <inheritdoc/>
    public override double LipschitzBound(Func<SpectralLayer, double> norm) =>
        Chain.Aggregate(1.0, (product, layer) => product * norm(layer))
        * Activations.Aggregate(1.0, (product, activation) => product * activation.LipschitzBound);

    /// <summary>
    /// In the norm in which the chain begins and ends, by the layers' own norms, where these fit together and certify a
    /// contraction, or more than the 2-norm.
    /// </summary>
    public override LipschitzCertificate Certificate()
    {
        var orders = Chain.Select(layer => layer.Norm.Domain.Value).Append(Chain[^1].Norm.Codomain.Value).ToList();
        var euclidean = new LipschitzCertificate(LipschitzBound(), 2);
        bool fits =
            orders[0] == orders[^1]
            && Chain.Index().All(layer => layer.Item.Norm.Codomain.Value == orders[layer.Index + 1]);
        if (!fits || orders.All(order => order == 2))
            return euclidean;
        double bound = 1;
        for (int i = 0; i < Chain.Count; i++)
            bound *= (ActivationBefore(i)?.LipschitzBoundIn(orders[i]) ?? 1) * Chain[i].InducedNormBound();
        return bound < 1 || bound < euclidean.Bound ? new(bound, orders[0]) : euclidean;
    }

    /// <summary>
    /// The parts of a chain with given widths: layers from one width to the next, where the channels that reach a layer
    /// are those that its activation makes of them.
    /// </summary>
    /// <param name="widths">Channels before the first layer and behind each.</param>
    /// <param name="activation">The nonlinearity.</param>
    /// <param name="leading">Whether one comes before the first layer.</param>
    /// <param name="options">Of the layers; their norms follow from the orders.</param>
    /// <param name="layer">Makes a layer: its index, its inputs, its outputs, its norm.</param>
    protected static (IReadOnlyList<SpectralLayer> layers, IReadOnlyList<Activation> activations) Parts(
        IReadOnlyList<int> widths,
        ActivationKind activation,
        bool leading,
        SpectralNormOptions options,
        Func<int, int, int, InducedNorm, SpectralLayer> layer
    )
    {
        var norms = options.Orders.ForChain(widths.Count - 1, options.Update);
        var (layers, activations) = (new List<SpectralLayer>(), new List<Activation>());
        for (int i = 0; i < widths.Count - 1; i++)
        {
            int inputs = widths[i];
            if (leading || i > 0)
            {
                activations.Add(activation.Create());
                inputs = activations[^1].Channels(inputs);
            }
            layers.Add(layer(i, inputs, widths[i + 1], norms[i]));
        }
        return (layers, activations);
    }

    private Tensor Evaluate(Tensor x, Func<int, Tensor> weight)
    {
        var h = x;
        for (int i = 0; i < Chain.Count; i++)
        {
            if (ActivationBefore(i) is { } activation)
                h = activation.forward(h);
            h = Chain[i].ApplyWithBias(weight(i), h);
        }
        return h;
    }

    private Activation? ActivationBefore(int layer) =>
        LeadingActivation ? Activations[layer]
        : layer == 0 ? null
        : Activations[layer - 1];
}
