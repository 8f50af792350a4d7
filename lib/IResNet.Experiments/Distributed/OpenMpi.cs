using System.Runtime.InteropServices;

namespace IResNet.Experiments.Distributed;

/// <summary>
/// Open MPI's C interface, as much of it as training needs. Its handles are addresses of exported variables.
/// </summary>
internal static class OpenMpi
{
    private const string Library = "mpi";

    /// <summary>MPI_THREAD_SERIALIZED: any thread calls, one at a time.</summary>
    private const int Serialized = 2;

    /// <summary>MPI_IN_PLACE.</summary>
    private const nint InPlace = 1;

    // The runtime library's name, and the name that the development package adds.
    private static readonly string[] FileNames = ["libmpi.so.40", "libmpi.so"];
    private static readonly Lazy<nint> Loaded = new(Load);

    private static nint World => Symbol("ompi_mpi_comm_world");

    /// <summary>Joins the processes that were started together.</summary>
    /// <returns>This process's number, and how many there are.</returns>
    /// <exception cref="DistributedException">There is no Open MPI.</exception>
    public static (int Rank, int Count) Start()
    {
        _ = World;
        Check(MPI_Init_thread(0, 0, Serialized, out _), nameof(MPI_Init_thread));
        Check(MPI_Comm_rank(World, out int rank), nameof(MPI_Comm_rank));
        Check(MPI_Comm_size(World, out int count), nameof(MPI_Comm_size));
        return (rank, count);
    }

    public static void Finish() => Check(MPI_Finalize(), nameof(MPI_Finalize));

    /// <summary>Ends all processes.</summary>
    public static void Abort(int code) => _ = MPI_Abort(World, code);

    /// <summary>The sum over all processes, in each, in place of the terms.</summary>
    public static void Sum(Span<float> values) => Sum(MemoryMarshal.AsBytes(values), values.Length, "ompi_mpi_float");

    /// <inheritdoc cref="Sum(Span{float})"/>
    public static void Sum(Span<double> values) => Sum(MemoryMarshal.AsBytes(values), values.Length, "ompi_mpi_double");

    /// <summary>The first process's bytes, in all.</summary>
    public static void Broadcast(Span<byte> bytes)
    {
        // A count is an int32.
        const int Most = 1 << 30;
        for (int start = 0; start < bytes.Length; start += Most)
        {
            var part = bytes.Slice(start, Math.Min(Most, bytes.Length - start));
            Check(
                MPI_Bcast(ref MemoryMarshal.GetReference(part), part.Length, Symbol("ompi_mpi_byte"), 0, World),
                nameof(MPI_Bcast)
            );
        }
    }

    private static void Sum(Span<byte> values, int count, string type) =>
        Check(
            MPI_Allreduce(
                InPlace,
                ref MemoryMarshal.GetReference(values),
                count,
                Symbol(type),
                Symbol("ompi_mpi_op_sum"),
                World
            ),
            nameof(MPI_Allreduce)
        );

    private static nint Symbol(string name) => NativeLibrary.GetExport(Loaded.Value, name);

    private static nint Load()
    {
        foreach (string name in FileNames)
        {
            if (!NativeLibrary.TryLoad(name, out nint library))
                continue;
            if (!NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out _))
                throw new DistributedException(
                    $"The MPI library that was found ({name}) is not Open MPI, whose interface is used. "
                        + "Install Open MPI "
                        + "(Debian: apt-get install openmpi-bin) and start with its mpirun."
                );
            NativeLibrary.SetDllImportResolver(typeof(OpenMpi).Assembly, (asked, _, _) =>
                asked == Library ? library : 0
            );
            return library;
        }
        throw new DistributedException(
            "Several processes were started together, but there is no Open MPI library (libmpi.so.40) to connect them. "
                + "Install it on every machine: apt-get install openmpi-bin (Debian, Ubuntu), or only the library, "
                + "libopenmpi3 or libopenmpi40; elsewhere make it known through LD_LIBRARY_PATH."
        );
    }

    private static void Check(int code, string call)
    {
        if (code != 0)
            throw new DistributedException($"{call} failed with code {code}.");
    }

    [DllImport(Library)]
    private static extern int MPI_Init_thread(nint argc, nint argv, int required, out int provided);

    [DllImport(Library)]
    private static extern int MPI_Comm_rank(nint communicator, out int rank);

    [DllImport(Library)]
    private static extern int MPI_Comm_size(nint communicator, out int size);

    [DllImport(Library)]
    private static extern int MPI_Allreduce(
        nint send,
        ref byte buffer,
        int count,
        nint type,
        nint op,
        nint communicator
    );

    [DllImport(Library)]
    private static extern int MPI_Bcast(ref byte buffer, int count, nint type, int root, nint communicator);

    [DllImport(Library)]
    private static extern int MPI_Finalize();

    [DllImport(Library)]
    private static extern int MPI_Abort(nint communicator, int code);
}
