namespace IResNet;

/// <summary>
/// Numbers out of tensors: the only places at which a computation waits for its device. What the program decides by
/// (an iteration that has arrived, a batch that is not finite) is read here, and nothing else in a step.
/// </summary>
/// <remarks>
/// Tensors of torch's meta device have shapes and types but no numbers. There everything is found in order: a condition
/// holds, a number is 0. A model of any size can so be run for its shapes alone.
/// </remarks>
public static class Readout
{
    /// <summary>The number in a tensor of one element.</summary>
    public static double ReadDouble(this Tensor tensor) => HasNumbers(tensor) ? tensor.ToDouble() : 0;

    /// <summary>Whether a condition of one element holds.</summary>
    public static bool ReadBoolean(this Tensor condition) => !HasNumbers(condition) || condition.ToBoolean();

    /// <summary>All numbers, in order.</summary>
    public static double[] ReadDoubles(this Tensor tensor)
    {
        if (!HasNumbers(tensor))
            return new double[tensor.numel()];
        using var scope = NewDisposeScope();
        return [.. tensor.detach().to(ScalarType.Float64).cpu().data<double>()];
    }

    /// <summary>Whether all numbers are finite.</summary>
    public static bool ReadIsFinite(this Tensor tensor)
    {
        if (!HasNumbers(tensor))
            return true;
        using var scope = NewDisposeScope();
        return isfinite(tensor).all().ToBoolean();
    }

    /// <summary>The largest magnitude; NaN where there is one.</summary>
    public static double ReadLargest(this Tensor tensor)
    {
        if (!HasNumbers(tensor))
            return 0;
        using var scope = NewDisposeScope();
        return tensor.abs().max().ToDouble();
    }

    private static bool HasNumbers(Tensor tensor) => tensor.device_type != DeviceType.META;
}
