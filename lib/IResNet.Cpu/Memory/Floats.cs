using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IResNet.Cpu;

/// <summary>The numbers of a tensor.</summary>
internal static unsafe class Floats
{
    /// <summary>Where a contiguous tensor's numbers lie. The tensor must stay alive while they are used.</summary>
    public static float* Of(Tensor tensor) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));
}
