using System.Collections.Concurrent;

namespace IResNet.Cpu;

/// <summary>What the kernels of one backend share: memory, threads, and layouts that were met before.</summary>
internal sealed class CpuResources
{
    private readonly ConcurrentDictionary<(int Lanes, int Height, int Width), InterleavedLayout> _layouts = new();

    /// <summary>An empty set.</summary>
    public CpuResources() => Workers = new(Memory);

    /// <summary>Memory for packed maps and weights.</summary>
    public MemoryPool Memory { get; } = new();

    /// <summary>Threads.</summary>
    public Workers Workers { get; }

    /// <summary>Gradients on their way to libtorch.</summary>
    public HandedOver HandedOver { get; } = new();

    /// <summary>What makes a backward pass refuse.</summary>
    public Tripwires Tripwires { get; } = new();

    /// <summary>How maps of a size lie in memory.</summary>
    public InterleavedLayout Layout(int lanes, int height, int width) =>
        _layouts.GetOrAdd((lanes, height, width), static size =>
            InterleavedLayout.WithBorder(size.Lanes, size.Height, size.Width)
        );

    /// <summary>Gives back what is kept for the next call.</summary>
    public void Trim()
    {
        Workers.Trim();
        Memory.Trim();
        _layouts.Clear();
    }
}
