using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace IResNet.Notebooks;

/// <summary>
/// Numbers to draw. Arrays, lists, collection expressions and tensors convert to it by themselves, so a cell passes
/// what it has. The numbers are copied: the source may change or be disposed afterwards.
/// </summary>
[CollectionBuilder(typeof(Values), nameof(Create))]
public readonly struct Values
{
    private readonly double[]? _items;

    private Values(double[] items) => _items = items;

    /// <summary>How many numbers there are.</summary>
    public int Count => Items.Length;

    internal double[] Items => _items ?? [];

    /// <summary>Copies the numbers.</summary>
    public static Values Create(ReadOnlySpan<double> items) => new(items.ToArray());

    /// <summary>Copies the numbers.</summary>
    public static implicit operator Values(double[] items) => Create(items);

    /// <summary>Copies the numbers.</summary>
    public static implicit operator Values(float[] items) => new(Array.ConvertAll(items, x => (double)x));

    /// <summary>Copies the numbers.</summary>
    public static implicit operator Values(int[] items) => new(Array.ConvertAll(items, x => (double)x));

    /// <summary>Copies the numbers.</summary>
    public static implicit operator Values(long[] items) => new(Array.ConvertAll(items, x => (double)x));

    /// <summary>Copies the numbers.</summary>
    public static implicit operator Values(List<double> items) => Create(CollectionsMarshal.AsSpan(items));

    /// <summary>Copies the numbers.</summary>
    public static implicit operator Values(List<float> items) => items.ToArray();

    /// <summary>
    /// Copies all elements of a tensor of any shape, real type, layout and device, in row-major order.
    /// </summary>
    public static implicit operator Values(Tensor tensor) => new(TensorReading.ToDoubles(tensor));

    /// <summary>Enumerates the numbers.</summary>
    public IEnumerator<double> GetEnumerator() => ((IEnumerable<double>)Items).GetEnumerator();
}
