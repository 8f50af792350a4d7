namespace IResNet.Cpu;

/// <summary>A batch cut into groups of examples, each of which one thread computes from start to end.</summary>
/// <param name="Examples">n.</param>
/// <param name="Size">Examples of a full group; the last one may have fewer.</param>
/// <param name="Dimensions">Numbers of one example.</param>
internal readonly record struct ExampleGroups(int Examples, int Size, nint Dimensions)
{
    /// <summary>Of a batch of a shape (n, ...).</summary>
    public static ExampleGroups Of(long[] shape, int size) =>
        new((int)shape[0], size, (nint)shape.Skip(1).Aggregate(1L, (product, side) => product * side));

    /// <summary>Groups.</summary>
    public int Count => (Examples + Size - 1) / Size;

    /// <summary>Examples of all groups before one.</summary>
    public int First(int group) => group * Size;

    /// <summary>Examples in a group.</summary>
    public int In(int group) => Math.Min(Size, Examples - First(group));

    /// <summary>Numbers of all groups before one, in torch's layout.</summary>
    public nint Start(int group) => First(group) * Dimensions;
}
