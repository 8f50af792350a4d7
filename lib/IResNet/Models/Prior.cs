namespace IResNet;

/// <summary>
/// The distribution of a flow's latents. <c>forward</c> takes latents of shape (n, d) and gives ln p(z) per example,
/// shape (n), in nats. Derive from it for another one.
/// </summary>
public abstract class Prior : nn.Module<Tensor, Tensor>
{
    /// <summary>Names the module.</summary>
    protected Prior(string name)
        : base(name) { }

    /// <summary>One of its parameters: latents are of its type, on its device.</summary>
    public abstract Parameter Reference { get; }

    /// <summary>Draws latents.</summary>
    /// <param name="count">Number of examples, at least 1.</param>
    /// <param name="temperature">Scales the standard deviation; 1 is the model itself, less gives likelier
    /// samples.</param>
    /// <param name="generator">The random stream; by default the device's own.</param>
    /// <returns>Shape (count, d).</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1, or the temperature below 0 or
    /// NaN.</exception>
    public abstract Tensor Sample(int count, double temperature = 1, Generator? generator = null);

    /// <summary>Refuses what <see cref="Sample"/> refuses.</summary>
    protected static void CheckDraw(int count, double temperature)
    {
        Guard.AtLeast(count, 1, nameof(count));
        if (!(temperature >= 0))
            throw new ArgumentOutOfRangeException(
                nameof(temperature),
                temperature,
                "The temperature must be 0 or positive."
            );
    }
}
