namespace IResNet;

/// <summary>Checks labels before native code does, whose message names neither value nor range.</summary>
public static class ClassLabels
{
    /// <summary>Demands a class of a model.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public static int Demand(int label, long classes) =>
        label >= 0 && label < classes
            ? label
            : throw new ArgumentOutOfRangeException(
                nameof(label),
                label,
                $"The classes are 0 to {classes - 1}: choose one of them."
            );

    /// <summary>Demands one class per example.</summary>
    /// <param name="labels">Shape (n), int64.</param>
    /// <param name="examples">n.</param>
    /// <param name="classes">Number of classes.</param>
    /// <exception cref="ShapeException">Shape or type is another.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is below 0 or not below the number of classes.</exception>
    public static void Demand(Tensor labels, long examples, long classes)
    {
        if (labels.dim() != 1 || labels.size(0) != examples || labels.dtype != ScalarType.Int64)
            throw new ShapeException(
                $"Expected labels of shape ({examples}) and type Int64, but got ({string.Join(", ", labels.shape)}) "
                    + $"of type {labels.dtype}."
            );
        using var scope = NewDisposeScope();
        var (least, most) = (labels.amin([0]).ReadDouble(), labels.amax([0]).ReadDouble());
        if (least < 0 || most >= classes)
            throw new ArgumentOutOfRangeException(
                nameof(labels),
                least < 0 ? least : most,
                $"The model has {classes} classes, so labels are 0 to {classes - 1}. Take a model with more classes, "
                    + "or leave these examples out."
            );
    }
}
