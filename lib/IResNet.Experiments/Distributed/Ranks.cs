using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Distributed;

/// <summary>
/// The processes that train one model together, started by mpirun or srun: each has the whole model and computes the
/// gradient of its share of every batch. The first (rank 0) decides what is done next, and is the only one that touches
/// the run folder; the others follow it. One process is the usual case, in which nothing is sent.
/// </summary>
public sealed class Ranks
{
    // What mpirun and srun tell the processes that they start: how many there are.
    private const string OfMpirun = "OMPI_COMM_WORLD_SIZE",
        OfSrun = "SLURM_STEP_NUM_TASKS";

    internal Ranks(int rank, int count) => (Rank, Count) = (rank, count);

    /// <summary>This process alone.</summary>
    public static Ranks Alone { get; } = new(0, 1);

    /// <summary>This process's number, from 0.</summary>
    public int Rank { get; }

    /// <summary>How many processes there are.</summary>
    public int Count { get; }

    /// <summary>Whether this is the one that decides and writes.</summary>
    public bool IsFirst => Rank == 0;

    /// <summary>
    /// Seconds in sums over the ranks so far, the waiting for slower ranks included.
    /// </summary>
    public double Seconds { get; private set; }

    /// <summary>Asks this rank to stop.</summary>
    internal CancellationToken Cancel { get; set; }

    /// <summary>Whether any rank was asked to stop by the end of the last step.</summary>
    internal bool IsCancelled { get; private set; }

    /// <summary>Joins the processes that were started with this one; alone where none was.</summary>
    /// <exception cref="DistributedException">There is no Open MPI, or the processes do not see each other.</exception>
    public static Ranks Start()
    {
        int started = Math.Max(Number(OfMpirun), Number(OfSrun));
        if (started <= 1)
            return Alone;
        var (rank, count) = OpenMpi.Start();
        return count > 1
            ? new(rank, count)
            : throw new DistributedException(
                $"{started} processes were started together, but each sees only itself: srun and Open MPI do not speak "
                    + "the same language here. Try srun --mpi=pmix or --mpi=pmi2 (srun --mpi=list says what there is), "
                    + "or mpirun within the job."
            );
    }

    /// <summary>Leaves the others, when all are done; the ranks meet there.</summary>
    public void Finish()
    {
        if (Count > 1)
            OpenMpi.Finish();
    }

    /// <summary>Ends all processes, as the others would wait for this one for ever.</summary>
    /// <param name="code">Their exit code.</param>
    public void Abort(int code)
    {
        if (Count > 1)
            OpenMpi.Abort(code);
    }

    /// <summary>This rank's rows of a batch.</summary>
    /// <param name="whole">(n, ...), the same on every rank.</param>
    internal Tensor Share(Tensor whole)
    {
        long rows = whole.shape[0] / Count;
        return Count == 1 ? whole : whole.narrow(0, Rank * rows, rows);
    }

    /// <summary>The mean over the ranks, in place of each rank's own, through the memory of the host.</summary>
    internal void Mean(Tensor values)
    {
        if (Count == 1)
            return;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var host = values.to(CPU).contiguous();
        long start = Stopwatch.GetTimestamp();
        if (host.dtype == ScalarType.Float64)
            OpenMpi.Sum(MemoryMarshal.Cast<byte, double>(host.bytes));
        else
            OpenMpi.Sum(MemoryMarshal.Cast<byte, float>(host.bytes));
        Seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
        values.copy_(host.div_(Count));
    }

    /// <summary>
    /// The mean of the ranks' losses, which is not finite where one is not. With it travels whether a rank was asked to
    /// stop: <see cref="IsCancelled"/>.
    /// </summary>
    internal double MeanLoss(double own)
    {
        if (Count == 1)
            return own;
        Span<double> sums = [own, Cancel.IsCancellationRequested ? 1 : 0];
        long start = Stopwatch.GetTimestamp();
        OpenMpi.Sum(sums);
        Seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
        IsCancelled = sums[1] > 0;
        return sums[0] / Count;
    }

    /// <summary>What the first rank does next, which the others are told before.</summary>
    internal Word Next(Word word) => (Word)Broadcast((long)word);

    /// <summary>The first rank's number, on all.</summary>
    internal long Broadcast(long value)
    {
        Span<long> values = [value];
        if (Count > 1)
            OpenMpi.Broadcast(MemoryMarshal.AsBytes(values));
        return values[0];
    }

    /// <summary>The first rank's text, on all.</summary>
    internal string Broadcast(string text)
    {
        if (Count == 1)
            return text;
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        byte[] received = new byte[Broadcast(bytes.Length)];
        bytes.AsSpan(0, Math.Min(bytes.Length, received.Length)).CopyTo(received);
        OpenMpi.Broadcast(received);
        return Encoding.UTF8.GetString(received);
    }

    /// <summary>The first rank's values, on all, in place of their own.</summary>
    internal void Broadcast(Tensor values)
    {
        if (Count == 1 || values.numel() == 0)
            return;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var host = values.detach().to(CPU).contiguous();
        OpenMpi.Broadcast(host.bytes);
        values.copy_(host);
    }

    private static int Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number)
            ? number
            : 1;
}

/// <summary>What all ranks do next.</summary>
internal enum Word
{
    /// <summary>The training is over.</summary>
    End,

    /// <summary>A step.</summary>
    Step,

    /// <summary>All take the first rank's state.</summary>
    Share,
}
