namespace IResNet;

/// <summary>Checks that come before native calls, some of which would end the process instead of throwing.</summary>
internal static class Guard
{
    /// <summary>Demands a batch of images of the given shape.</summary>
    public static void Images(Tensor x, ImageShape shape)
    {
        long[] s = x.shape;
        if (s.Length != 4 || s[1] != shape.Channels || s[2] != shape.Height || s[3] != shape.Width)
            throw new ShapeException(
                $"Expected a batch of {shape} images, shape (n, {shape.Channels}, {shape.Height}, {shape.Width}), but "
                    + $"got ({string.Join(", ", s)})."
            );
        NonEmpty(x);
    }

    /// <summary>
    /// Demands examples along the first axis and <paramref name="channels"/> features along the second.
    /// </summary>
    public static void Channels(Tensor x, long channels)
    {
        long[] s = x.shape;
        if (s.Length < 2 || s[1] != channels)
            throw new ShapeException(
                $"Expected {channels} channels along axis 1, but got shape ({string.Join(", ", s)})."
            );
        NonEmpty(x);
    }

    /// <summary>Demands a batch of images with <paramref name="channels"/> channels, of any size.</summary>
    public static void Images(Tensor x, long channels)
    {
        Channels(x, channels);
        if (x.dim() != 4)
            throw new ShapeException(
                $"Expected images of shape (n, {channels}, height, width), but got ({string.Join(", ", x.shape)})."
            );
    }

    /// <summary>Demands points of shape (n, <paramref name="dimensions"/>).</summary>
    public static void Points(Tensor x, long dimensions)
    {
        long[] s = x.shape;
        if (s.Length != 2 || s[1] != dimensions)
            throw new ShapeException($"Expected points of shape (n, {dimensions}), but got ({string.Join(", ", s)}).");
        NonEmpty(x);
    }

    /// <summary>
    /// Demands the element type of the parameters that x is to meet; libtorch's own error would name an operation deep
    /// inside.
    /// </summary>
    public static void SameType(Tensor x, Tensor parameter)
    {
        if (x.dtype == parameter.dtype)
            return;
        throw new ShapeException(
            $"The input is {x.dtype}, but the model's parameters are {parameter.dtype}. Convert the input, "
                + $"x.to(ScalarType.{parameter.dtype}), "
                + (
                    x.is_floating_point()
                        ? $"or the model, model.to(ScalarType.{x.dtype})."
                        : "or load it in that type."
                )
        );
    }

    /// <summary>Demands at least one example.</summary>
    public static void NonEmpty(Tensor x)
    {
        if (x.dim() == 0)
            throw new ShapeException("Expected a batch, but got a single number. Add a batch axis.");
        if (x.numel() == 0)
            throw new ShapeException(
                $"The batch is empty: shape ({string.Join(", ", x.shape)}). Pass at least one example."
            );
    }

    /// <summary>Demands finite numbers.</summary>
    public static void Finite(Tensor x, string what)
    {
        if (!x.ReadIsFinite())
            throw new NonFiniteException(
                $"{what} holds NaN or an infinity. Check the data, the learning rate and the last checkpoint."
            );
    }

    /// <summary>Demands numbers strictly between two others.</summary>
    /// <param name="x">Finite numbers.</param>
    /// <param name="low">The lower end.</param>
    /// <param name="high">The upper end.</param>
    /// <param name="advice">What to do.</param>
    public static void Between(Tensor x, double low, double high, string advice)
    {
        using var scope = NewDisposeScope();
        double middle = (low + high) / 2;
        if ((x - middle).ReadLargest() < high - middle)
            return;
        double least = x.min().ReadDouble(),
            value = least > low ? x.max().ReadDouble() : least;
        throw new DomainException(
            FormattableString.Invariant($"The input holds {value:r}, but must lie above {low:g6} and below {high:g6}. ")
                + advice,
            value
        );
    }

    /// <summary>Demands 0 &lt; c &lt; 1.</summary>
    public static double Coefficient(double c) =>
        c is > 0 and < 1
            ? c
            : throw new ArgumentOutOfRangeException(
                nameof(c),
                c,
                "The spectral coefficient must lie strictly between 0 and 1: a block with Lip(g) >= 1 need not be "
                    + "invertible. The paper uses 0.5 to 0.9."
            );

    /// <summary>Demands a value of at least <paramref name="least"/>.</summary>
    public static int AtLeast(int value, int least, string name) =>
        value >= least
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least {least}.");
}
