namespace IResNet;

/// <summary>
/// A branch of dense layers, as the paper uses for 2-D densities (Appendix C.3: 2-64-64-64-2 with ELU).
/// </summary>
public sealed class DenseBranch : SequentialBranch
{
    private readonly int _features;

    /// <summary>Builds the branch with PyTorch's default initial weights.</summary>
    /// <param name="features">Dimensions of the data.</param>
    /// <param name="hidden">Widths of the hidden layers; at least one.</param>
    /// <param name="options">Spectral normalization of all layers.</param>
    /// <param name="activation">Nonlinearity; by default ELU.</param>
    /// <param name="leadingActivation">Whether an activation comes before the first layer.</param>
    /// <exception cref="ArgumentException">There is no hidden layer.</exception>
    public DenseBranch(
        int features,
        IReadOnlyList<int> hidden,
        SpectralNormOptions options,
        ActivationKind? activation = null,
        bool leadingActivation = false
    )
        : base(
            nameof(DenseBranch),
            Parts(
                hidden.Count > 0
                    ? [features, .. hidden, features]
                    : throw new ArgumentException("A dense branch needs at least one hidden layer.", nameof(hidden)),
                activation ?? ActivationKind.Elu,
                leadingActivation,
                options,
                (_, inputs, outputs, norm) => new SpectralLinear(inputs, outputs, options, norm)
            )
        ) => _features = features;

    /// <summary>
    /// As the other constructor, with a coefficient and the defaults of <see cref="SpectralNormOptions"/>.
    /// </summary>
    public DenseBranch(
        int features,
        IReadOnlyList<int> hidden,
        double coefficient = 0.9,
        ActivationKind? activation = null
    )
        : this(features, hidden, new SpectralNormOptions { Coefficient = coefficient }, activation) { }

    /// <inheritdoc/>
    protected override void CheckShape(Tensor x) => Guard.Points(x, _features);
}
