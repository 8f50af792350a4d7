namespace IResNet;

/// <summary>
/// The branch of an i-DenseNet (Perugachi-Diaz, Tomczak, Bhulai 2021): <see cref="ConcatenationLayer"/>s, each of which
/// adds features to its input's, then a layer back to the input's channels. On images the former are 3x3 convolutions
/// and the latter is 1x1; on points all are dense. No activation comes first. Lip(g) is at most the product of the
/// concatenations' coefficients and the layers' outside them.
/// </summary>
public sealed class DenseNetBranch : ResidualBranch
{
    [ComponentName(Name = "entrance")]
    private readonly SpectralLayer? _entrance;

    [ComponentName(Name = "concatenations")]
    private readonly ModuleList<ConcatenationLayer> _concatenations;

    [ComponentName(Name = "exit")]
    private readonly SpectralLayer _exit;

    private readonly ImageShape? _shape;
    private readonly int _channels;

    /// <summary>Of images, with PyTorch's default initial weights.</summary>
    /// <param name="shape">Shape of the images; channels are kept.</param>
    /// <param name="growth">Channels that each concatenation adds: as many entries as layers, at least one.</param>
    /// <param name="options">Spectral normalization of all layers.</param>
    /// <param name="activation">Nonlinearity; by default <see cref="CLipSwish"/>, which makes the channels that are
    /// added out of half as many.</param>
    /// <param name="learned">Whether the weights of the concatenations are learned.</param>
    /// <param name="concatenation">c of the concatenations; by default that of the layers.</param>
    /// <exception cref="ArgumentOutOfRangeException">A growth is below 1, or the activation cannot make it: it is odd
    /// with <see cref="CLipSwish"/>.</exception>
    /// <exception cref="ArgumentException">There is no concatenation.</exception>
    public DenseNetBranch(
        ImageShape shape,
        IReadOnlyList<int> growth,
        SpectralNormOptions options,
        ActivationKind? activation = null,
        bool learned = true,
        double? concatenation = null
    )
        : this(
            (shape, shape.Channels),
            (growth, null),
            (activation ?? ActivationKind.CLipSwish, options, learned, concatenation),
            (inputs, outputs, isExit) =>
                new SpectralConv2d(inputs, outputs, isExit ? 1 : 3, shape.Height, shape.Width, options, Norm(options))
        )
    { }

    /// <summary>Of points, likewise.</summary>
    /// <param name="features">Dimensions of the data.</param>
    /// <param name="growth">Features that each concatenation adds, at least one entry.</param>
    /// <param name="options">Spectral normalization of all layers.</param>
    /// <param name="activation">Nonlinearity; by default <see cref="CLipSwish"/>.</param>
    /// <param name="entrance">Width of a linear layer before the first concatenation, as the official code has it at
    /// the end of its networks (64); null for none.</param>
    /// <param name="learned">Whether the weights of the concatenations are learned.</param>
    /// <param name="concatenation">c of the concatenations; by default that of the layers.</param>
    /// <exception cref="ArgumentOutOfRangeException">A width is below 1, or the activation cannot make it.</exception>
    /// <exception cref="ArgumentException">There is no concatenation.</exception>
    public DenseNetBranch(
        int features,
        IReadOnlyList<int> growth,
        SpectralNormOptions options,
        ActivationKind? activation = null,
        int? entrance = null,
        bool learned = true,
        double? concatenation = null
    )
        : this(
            (null, features),
            (growth, entrance),
            (activation ?? ActivationKind.CLipSwish, options, learned, concatenation),
            (inputs, outputs, _) => new SpectralLinear(inputs, outputs, options, Norm(options))
        )
    { }

    private DenseNetBranch(
        (ImageShape? shape, int channels) data,
        (IReadOnlyList<int> growth, int? entrance) widths,
        (ActivationKind activation, SpectralNormOptions options, bool learned, double? concatenation) how,
        Func<int, int, bool, SpectralLayer> layer
    )
        : base(nameof(DenseNetBranch))
    {
        if (how.options.Orders != NormOrders.Euclidean)
            throw new ArgumentException(
                $"The orders of the norms are {how.options.Orders}, but concatenations are weighted for the 2-norm: "
                    + "set 2.",
                nameof(how)
            );
        if (widths.growth.Count == 0)
            throw new ArgumentException("A dense branch needs at least one concatenation.", nameof(widths));
        (_shape, _channels) = data;
        int channels = _channels;
        if (widths.entrance is { } entrance)
        {
            _entrance = layer(channels, entrance, false);
            channels = entrance;
        }
        var concatenations = new List<ConcatenationLayer>();
        foreach (int growth in widths.growth)
        {
            concatenations.Add(
                new(
                    layer(channels, LayerOutputs(growth, how.activation), false),
                    how.activation.Create(),
                    how.concatenation ?? how.options.Coefficient,
                    how.learned
                )
            );
            channels += growth;
        }
        _concatenations = new ModuleList<ConcatenationLayer>([.. concatenations]);
        _exit = layer(channels, _channels, true);
        RegisterComponents();
        Concatenations = concatenations;
    }

    /// <summary>The linear layer before the first concatenation; null where there is none.</summary>
    public SpectralLayer? Entrance => _entrance;

    /// <summary>The layers that add features, in the order of application.</summary>
    public IReadOnlyList<ConcatenationLayer> Concatenations { get; }

    /// <summary>The layer back to the input's channels.</summary>
    public SpectralLayer Exit => _exit;

    /// <summary>g(x).</summary>
    /// <exception cref="ShapeException">x does not fit the branch, in shape or type.</exception>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return AtPresentWeights()(x).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Func<Tensor, Tensor> AtPresentWeights()
    {
        var weights = PresentWeights();
        return x =>
        {
            Check(x);
            using var scope = NewDisposeScope();
            return Evaluate(weights, x, null).MoveToOuterDisposeScope();
        };
    }

    /// <inheritdoc/>
    public override Linearization Linearize(Tensor x)
    {
        Check(x);
        var (weights, derivatives) = (PresentWeights(), new List<Tensor>());
        var value = Evaluate(weights, x, derivatives);
        return new Products(this, weights, derivatives, x, value);
    }

    /// <summary>
    /// The product of the parts' bounds: the entrance's and exit's norms, and sqrt(eta1^2 + eta2^2 Lip(phi)^2 |W|^2) of
    /// each concatenation.
    /// </summary>
    public override double LipschitzBound() => LipschitzBound(layer => layer.NormBound());

    /// <inheritdoc/>
    public override double LipschitzBound(Func<SpectralLayer, double> norm) =>
        (_entrance is null ? 1 : norm(_entrance))
        * Concatenations.Aggregate(1.0, (product, part) => product * part.LipschitzBound(norm(part.Layer)))
        * norm(_exit);

    /// <inheritdoc/>
    protected override void CheckShape(Tensor x)
    {
        if (_shape is { } shape)
            Guard.Images(x, shape);
        else
            Guard.Points(x, _channels);
    }

    /// <summary>Of every layer, from an order to itself: what stands side by side is measured together.</summary>
    private static InducedNorm Norm(SpectralNormOptions options) => options.Orders.ForChain(1, options.Update)[0];

    /// <summary>What a layer must put out so that the activation makes a growth of it.</summary>
    private static int LayerOutputs(int growth, ActivationKind activation)
    {
        int factor = activation.Channels(1),
            outputs = Guard.AtLeast(growth, 1, nameof(growth)) / factor;
        return outputs > 0 && activation.Channels(outputs) == growth
            ? outputs
            : throw new ArgumentOutOfRangeException(
                nameof(growth),
                growth,
                $"{activation} makes {factor} channels of each, so that the growth must be a multiple of {factor}: "
                    + $"take {(outputs + 1) * factor}."
            );
    }

    private Present PresentWeights() =>
        new(
            _entrance?.EffectiveWeight(),
            [.. Concatenations.Select(part => (part.Layer.EffectiveWeight(), part.Weights()))],
            _exit.EffectiveWeight()
        );

    private Tensor Evaluate(Present weights, Tensor x, List<Tensor>? derivatives)
    {
        var h = _entrance is null ? x : _entrance.ApplyWithBias(weights.Entrance!, x);
        foreach (var (part, (weight, eta)) in Concatenations.Zip(weights.Concatenations))
        {
            var p = part.Layer.ApplyWithBias(weight, h);
            var features = part.Activation.forward(p);
            derivatives?.Add(part.Activation.Derivative(p, features));
            h = cat([eta.input * h, eta.features * features], 1);
        }
        return _exit.ApplyWithBias(weights.Exit, h);
    }

    /// <summary>The effective weights of now.</summary>
    private sealed record Present(
        Tensor? Entrance,
        IReadOnlyList<(Tensor weight, (Tensor input, Tensor features) eta)> Concatenations,
        Tensor Exit
    );

    private sealed class Products(
        DenseNetBranch branch,
        Present weights,
        IReadOnlyList<Tensor> derivatives,
        Tensor x,
        Tensor value
    ) : Linearization(branch, x, value)
    {
        protected override Tensor Jvp(Tensor tangents, long k)
        {
            using var scope = NewDisposeScope();
            var t = branch._entrance is { } entrance ? entrance.Apply(weights.Entrance!, tangents) : tangents;
            for (int i = 0; i < derivatives.Count; i++)
            {
                var (part, (weight, eta), derivative) = (
                    branch.Concatenations[i],
                    weights.Concatenations[i],
                    derivatives[i]
                );
                var features = Stacked(part.Layer.Apply(weight, t), k, s => part.Activation.Jvp(derivative, s));
                t = cat([eta.input * t, eta.features * features], 1);
            }
            return branch._exit.Apply(weights.Exit, t).MoveToOuterDisposeScope();
        }

        protected override Tensor Vjp(Tensor cotangents, long k)
        {
            using var scope = NewDisposeScope();
            var u = branch._exit.ApplyTranspose(weights.Exit, cotangents);
            for (int i = derivatives.Count - 1; i >= 0; i--)
            {
                var (part, (weight, eta), derivative) = (
                    branch.Concatenations[i],
                    weights.Concatenations[i],
                    derivatives[i]
                );
                long added = part.Activation.Channels((int)weight.size(0)),
                    kept = u.size(1) - added;
                var features = Stacked(u.narrow(1, kept, added), k, s => part.Activation.Vjp(derivative, s));
                u = eta.input * u.narrow(1, 0, kept) + part.Layer.ApplyTranspose(weight, eta.features * features);
            }
            return (
                branch._entrance is { } entrance ? entrance.ApplyTranspose(weights.Entrance!, u) : u
            ).MoveToOuterDisposeScope();
        }
    }
}
