namespace IResNet.Cpu;

/// <summary>
/// Spreads independent pieces of work over as many threads as torch uses, each with scratch memory of its own.
/// </summary>
internal sealed unsafe class Workers(MemoryPool memory)
{
    private readonly Crew _crew = new();
    private MemoryBlock? _scratch;

    /// <summary>One piece of work.</summary>
    /// <param name="index">Which one.</param>
    /// <param name="scratch">Memory of the thread's own, uninitialised.</param>
    public delegate void Work(int index, float* scratch);

    /// <summary>Does the pieces 0 to <paramref name="count"/> - 1, each on one thread.</summary>
    /// <param name="count">Pieces.</param>
    /// <param name="scratchSize">Floats of scratch memory for each thread.</param>
    /// <param name="work">Does one.</param>
    public void Run(int count, nint scratchSize, Work work)
    {
        int threads = Math.Min(get_num_threads(), count);
        var scratch = Scratch(Math.Max(1, threads) * scratchSize);
        try
        {
            Run(count, threads, scratchSize, scratch.Pointer, work);
        }
        finally
        {
            Interlocked.Exchange(ref _scratch, scratch)?.Dispose();
        }
    }

    /// <summary>Gives the scratch memory back.</summary>
    public void Trim() => Interlocked.Exchange(ref _scratch, null)?.Dispose();

    private void Run(int count, int threads, nint scratchSize, float* memory, Work work)
    {
        if (threads <= 1)
        {
            for (int index = 0; index < count; index++)
                work(index, memory);
            return;
        }
        bool flushes = Denormals.AreFlushed;
        _crew.Run(count, threads, (index, thread) =>
        {
            // Helpers do not inherit the floating-point mode from the thread that starts the work.
            using var mode = Denormals.Flush(flushes);
            work(index, memory + thread * scratchSize);
        });
    }

    /// <summary>The memory of the work before, if it is large enough and no other thread has it.</summary>
    private MemoryBlock Scratch(nint floats)
    {
        var last = Interlocked.Exchange(ref _scratch, null);
        if (last?.Length >= floats)
            return last;
        last?.Dispose();
        return memory.Rent(floats);
    }
}
