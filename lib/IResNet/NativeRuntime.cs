using System.Runtime.InteropServices;

namespace IResNet;

/// <summary>
/// Settings of libtorch and the C library that this workload needs and TorchSharp does not offer. Each is a large factor: denormal numbers make a convolution up to
/// 150 times slower, and page faults of freed and re-mapped megabyte buffers up to 3 times.
/// </summary>
public static partial class NativeRuntime
{
    // M_TRIM_THRESHOLD, M_TOP_PAD and M_MMAP_THRESHOLD of glibc's malloc.h.
    private const int TrimThreshold = -1, TopPad = -2, MmapThreshold = -3;
    private const int Keep = 1 << 30, Pad = 64 << 20;

    /// <summary>
    /// Flushes denormals to zero and keeps freed memory in the process. Call once at start, before threads exist: the floating-point mode belongs to a thread and
    /// is inherited. Where a setting is not available (other systems), it is left out.
    /// </summary>
    /// <returns>What took effect.</returns>
    public static (bool FlushesDenormals, bool KeepsMemory) Configure() => (FlushDenormals(), KeepMemory());

    /// <summary>
    /// Flushes denormals on the calling thread. <see cref="Configure"/> does it at start; threads that existed before need their own call.
    /// </summary>
    /// <returns>False where libtorch does not export the setter or the processor cannot.</returns>
    public static bool FlushDenormals()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64) return false;
        try
        {
            return SetFlushDenormal(GlobalContext(), 1) != 0;
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Gives memory that is free inside the process back to the system, at the end of a phase. Linux only; elsewhere nothing happens.</summary>
    public static void TrimMemory()
    {
        if (OperatingSystem.IsLinux()) Quietly(() => malloc_trim(0));
    }

    private static bool KeepMemory() => OperatingSystem.IsLinux() && Quietly(
        () => mallopt(TrimThreshold, Keep) & mallopt(MmapThreshold, Keep) & mallopt(TopPad, Pad));

    private static bool Quietly(Func<int> call)
    {
        try
        {
            return call() == 1;
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException)
        {
            return false; // another C library, such as musl
        }
    }

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);

    // at::globalContext() and at::Context::setFlushDenormal(bool)
    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at13globalContextEv")]
    private static partial nint GlobalContext();

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at7Context16setFlushDenormalEb")]
    private static partial byte SetFlushDenormal(nint context, byte on);
}
