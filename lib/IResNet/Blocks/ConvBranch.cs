namespace IResNet;

/// <summary>The paper's convolutional branch: activation, 3x3, activation, 1x1, activation, 3x3 (section 4).</summary>
public sealed class ConvBranch : SequentialBranch
{
    /// <summary>Builds the branch with PyTorch's default initial weights.</summary>
    /// <param name="shape">Shape of the images; channels are kept.</param>
    /// <param name="hidden">Width of the two inner feature maps.</param>
    /// <param name="options">Spectral normalization of the three convolutions.</param>
    /// <param name="activation">Nonlinearity; by default ELU.</param>
    /// <param name="leadingActivation">False for the very first block of a network.</param>
    /// <param name="normHeight">Height of the feature map on which norms are taken; by default the images'. The
    /// official classifier takes a larger one, see <see cref="FlowConfig.NormBeforeSqueeze"/>.</param>
    /// <param name="normWidth">Width, likewise.</param>
    public ConvBranch(
        ImageShape shape,
        int hidden,
        SpectralNormOptions options,
        ActivationKind? activation = null,
        bool leadingActivation = true,
        int? normHeight = null,
        int? normWidth = null
    )
        : base(
            nameof(ConvBranch),
            Parts(
                [shape.Channels, hidden, hidden, shape.Channels],
                activation ?? ActivationKind.Elu,
                leadingActivation,
                options,
                (layer, inputs, outputs, norm) =>
                    new SpectralConv2d(
                        inputs,
                        outputs,
                        kernel: layer == 1 ? 1 : 3,
                        normHeight ?? shape.Height,
                        normWidth ?? shape.Width,
                        options,
                        norm
                    )
            )
        ) => Shape = shape;

    /// <summary>
    /// As the other constructor, with a coefficient and the defaults of <see cref="SpectralNormOptions"/>.
    /// </summary>
    public ConvBranch(
        ImageShape shape,
        int hidden,
        double coefficient = 0.9,
        ActivationKind? activation = null,
        bool leadingActivation = true
    )
        : this(shape, hidden, new SpectralNormOptions { Coefficient = coefficient }, activation, leadingActivation) { }

    /// <summary>Shape of the images.</summary>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    protected override void CheckShape(Tensor x) => Guard.Images(x, Shape);
}
