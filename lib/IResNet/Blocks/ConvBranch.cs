namespace IResNet;

/// <summary>The paper's convolutional branch: activation, 3x3, activation, 1x1, activation, 3x3 (section 4).</summary>
public sealed class ConvBranch : ResidualBranch
{
    /// <summary>Builds the branch with PyTorch's default initial weights.</summary>
    /// <param name="shape">Shape of the images; channels are kept.</param>
    /// <param name="hidden">Width of the two inner feature maps.</param>
    /// <param name="options">Spectral normalization of the three convolutions.</param>
    /// <param name="activation">Nonlinearity.</param>
    /// <param name="leadingActivation">False for the very first block of a network.</param>
    /// <param name="normHeight">Height of the feature map on which norms are taken; by default the images'. The
    /// official classifier takes a larger one, see <see cref="FlowConfig.NormBeforeSqueeze"/>.</param>
    /// <param name="normWidth">Width, likewise.</param>
    public ConvBranch(
        ImageShape shape,
        int hidden,
        SpectralNormOptions options,
        ActivationKind activation = ActivationKind.Elu,
        bool leadingActivation = true,
        int? normHeight = null,
        int? normWidth = null
    )
        : base(
            nameof(ConvBranch),
            Layers(shape, hidden, options, normHeight ?? shape.Height, normWidth ?? shape.Width),
            activation,
            leadingActivation
        ) => Shape = shape;

    /// <summary>
    /// As the other constructor, with a coefficient and the defaults of <see cref="SpectralNormOptions"/>.
    /// </summary>
    public ConvBranch(
        ImageShape shape,
        int hidden,
        double coefficient = 0.9,
        ActivationKind activation = ActivationKind.Elu,
        bool leadingActivation = true
    )
        : this(shape, hidden, new SpectralNormOptions { Coefficient = coefficient }, activation, leadingActivation) { }

    /// <summary>Shape of the images.</summary>
    public ImageShape Shape { get; }

    private protected override void CheckShape(Tensor x) => Guard.Images(x, Shape);

    private static new SpectralConv2d[] Layers(
        ImageShape shape,
        int hidden,
        SpectralNormOptions options,
        int height,
        int width
    ) =>
        [
            new(shape.Channels, hidden, 3, height, width, options),
            new(hidden, hidden, 1, height, width, options),
            new(hidden, shape.Channels, 3, height, width, options),
        ];
}
