namespace IResNet;

/// <summary>
/// Random tensors for any device. TorchSharp's <c>Generator</c> is one of the CPU whatever device it was given, so what
/// is seeded is drawn there and moved, and the same seed gives the same numbers everywhere. What is not comes from the
/// device's own generator.
/// </summary>
public static class Draws
{
    /// <summary>Standard normal numbers.</summary>
    /// <param name="shape">Shape of the result.</param>
    /// <param name="type">A floating-point type.</param>
    /// <param name="device">Where the result is to be.</param>
    /// <param name="generator">The random stream; by default the device's own.</param>
    public static Tensor Normal(long[] shape, ScalarType type, Device device, Generator? generator = null) =>
        generator is null
            ? randn(shape, dtype: type, device: device)
            : Moved(randn(shape, dtype: type, device: CPU, generator: generator), device);

    /// <summary>Numbers uniform in [0, 1).</summary>
    /// <inheritdoc cref="Normal"/>
    public static Tensor Uniform(long[] shape, ScalarType type, Device device, Generator? generator = null) =>
        generator is null
            ? rand(shape, dtype: type, device: device)
            : Moved(rand(shape, dtype: type, device: CPU, generator: generator), device);

    /// <summary>Whole numbers from 0 to one less than a bound, all equally likely.</summary>
    /// <param name="below">The bound, at least 1.</param>
    /// <param name="shape">Shape of the result.</param>
    /// <param name="type">Its type.</param>
    /// <param name="device">Where it is to be.</param>
    /// <param name="generator">The random stream; by default the device's own.</param>
    public static Tensor Integers(
        long below,
        long[] shape,
        ScalarType type,
        Device device,
        Generator? generator = null
    ) =>
        generator is null
            ? randint(below, shape, dtype: type, device: device)
            : Moved(randint(below, shape, dtype: type, device: CPU, generator: generator), device);

    private static Tensor Moved(Tensor drawn, Device device) =>
        device.type == DeviceType.CPU ? drawn : drawn.to(device, disposeAfter: true);
}
