using System.Runtime.InteropServices;
using IResNet.Cpu;

// In the library's own namespace: it is the first thing that a program calls.
namespace IResNet;

/// <summary>
/// Settings of libtorch and the C library that this workload needs and TorchSharp does not offer. Each is a large
/// factor: denormal numbers make a convolution up to 150 times slower, page faults of freed and re-mapped megabyte
/// buffers up to 3 times, and threads that wait for each other in a loop make every operation up to 30 times slower
/// when other programs use the processor too.
/// </summary>
public static partial class NativeRuntime
{
    /// <summary>
    /// The variable by which the user says how OpenMP's threads wait, with its value: OMP_WAIT_POLICY=ACTIVE, or
    /// GOMP_SPINCOUNT=10000. Null where <see cref="Configure"/> decides.
    /// </summary>
    public static string? ChosenWaiting =>
        new[] { "OMP_WAIT_POLICY", "GOMP_SPINCOUNT" }
            .Select(name => (name, value: Environment.GetEnvironmentVariable(name)))
            .Where(variable => variable.value is not null)
            .Select(variable => $"{variable.name}={variable.value}")
            .FirstOrDefault();

    // Rounds for which a thread of OpenMP waits in a loop before it sleeps: some 30 microseconds where a round is
    // longest, enough for the threads of one operation, which end one after the other. Longer, and they take the core
    // from whoever needs it: other programs, and the threads of our own kernels.
    private const string Spins = "500";

    // TorchSharp must not be touched where it does not load: it would copy half a gigabyte beside the program first.
    private static readonly Lazy<bool> TorchLoads = new(() =>
        IsLinuxOnX64
        && NativeLibrary.TryLoad(
            "LibTorchSharp",
            typeof(TorchSharp.torch).Assembly,
            DllImportSearchPath.AssemblyDirectory,
            out _
        )
    );

    private static readonly Lazy<bool> UsesOneDnn = new(() =>
    {
        if (!TorchLoads.Value)
            return true;
        // NNPACK depends on the same properties of the processor, and complains at every call where it misses them.
        SetUserEnabledNnpack(GlobalContext(), 0);
        // On a thread that ends: the threads of OpenMP that it starts end with it. They would count as long as the
        // program's first thread lives, and where there are more of them than cores, none waits in a loop.
        byte right = Task
            .Factory.StartNew(
                OneDnn.ComputesRight,
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default
            )
            .GetAwaiter()
            .GetResult()
            ? (byte)1
            : (byte)0;
        SetUserEnabledMkldnn(GlobalContext(), right);
        SetUserEnabledNnpack(GlobalContext(), right);
        return right == 1;
    });

    // M_TRIM_THRESHOLD, M_TOP_PAD and M_MMAP_THRESHOLD of glibc's malloc.h.
    private const int TrimThreshold = -1,
        TopPad = -2,
        MmapThreshold = -3;
    private const int Keep = 1 << 30,
        Pad = 64 << 20;

    /// <summary>
    /// Flushes denormals to zero, keeps freed memory in the process, and lets OpenMP's threads sleep soon after they
    /// begin to wait (unless OMP_WAIT_POLICY or GOMP_SPINCOUNT is set: then these say how threads wait). Call once at
    /// start, before threads exist and before torch is used: the floating-point mode belongs to a thread and is
    /// inherited, and OpenMP reads its settings when it is loaded. Where a setting is not available (other systems),
    /// it is left out. Then tries whether oneDNN's convolutions are right on this processor; where they are not,
    /// libtorch's own take their place, which are slower.
    /// </summary>
    /// <param name="threads">Threads of libtorch's operations, 1 or more; null leaves them as they are.</param>
    /// <returns>What took effect.</returns>
    public static (bool FlushesDenormals, bool KeepsMemory, bool UsesOneDnn) Configure(int? threads = null)
    {
        if (OperatingSystem.IsLinux() && ChosenWaiting is null)
        {
            Quietly(() => setenv("OMP_WAIT_POLICY", "PASSIVE", 0));
            Quietly(() => setenv("GOMP_SPINCOUNT", Spins, 0));
        }
        var (flushes, keeps, right) = (FlushDenormals(), KeepMemory(), NativeRuntime.UsesOneDnn.Value);
        if (threads is { } count)
            TorchSharp.torch.set_num_threads(count);
        return (flushes, keeps, right);
    }

    /// <summary>
    /// Flushes denormals on the calling thread. <see cref="Configure"/> does it at start; threads that existed before
    /// need their own call.
    /// </summary>
    /// <returns>False where libtorch does not export the setter or the processor cannot.</returns>
    public static bool FlushDenormals() => SetFlushDenormals(true);

    /// <summary>
    /// Gives memory that is free inside the process back to the system, at the end of a phase: what backends keep, what
    /// the garbage collector finds, and on Linux what the C library holds.
    /// </summary>
    public static void TrimMemory()
    {
        Backends.Installed?.Trim();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (OperatingSystem.IsLinux())
            Quietly(() => malloc_trim(0));
    }

    /// <summary>Sets the calling thread's mode. False where it cannot be set.</summary>
    internal static bool SetFlushDenormals(bool flush)
    {
        if (!IsLinuxOnX64)
            return false;
        try
        {
            return SetFlushDenormal(GlobalContext(), flush ? (byte)1 : (byte)0) != 0;
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    private static bool IsLinuxOnX64 =>
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    private static bool KeepMemory() =>
        OperatingSystem.IsLinux()
        && Quietly(() => mallopt(TrimThreshold, Keep) & mallopt(MmapThreshold, Keep) & mallopt(TopPad, Pad));

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

    // .NET's own environment is a copy that native libraries do not see.
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    // at::globalContext(), and of at::Context: setFlushDenormal(bool), setUserEnabledMkldnn(bool),
    // setUserEnabledNNPACK(bool)
    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at13globalContextEv")]
    private static partial nint GlobalContext();

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at7Context16setFlushDenormalEb")]
    private static partial byte SetFlushDenormal(nint context, byte on);

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at7Context20setUserEnabledMkldnnEb")]
    private static partial void SetUserEnabledMkldnn(nint context, byte on);

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at7Context20setUserEnabledNNPACKEb")]
    private static partial void SetUserEnabledNnpack(nint context, byte on);
}
