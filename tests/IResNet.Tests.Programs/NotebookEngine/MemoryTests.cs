using Xunit;

namespace IResNet.Tests.Programs.NotebookEngine;

/// <summary>Alone, for what other tests allocate would be counted as well.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests : EngineTest
{
    /// <summary>
    /// Handing every submission all references anew makes the memory grow with the square of the cells: 1.9 MB per cell
    /// after 500 of them, where 65 KB are enough.
    /// </summary>
    [Fact]
    public async Task MemoryGrowsLinearlyAndLittleWithTheCells()
    {
        await Cells(50);
        long start = SettledHeap();
        await Cells(100);
        long middle = Heap();
        await Cells(100);
        long end = Heap();
        Assert.InRange(middle - start, 0, 100 * 200_000L);
        Assert.InRange(end - middle, 0, 100 * 200_000L);
    }

    private async Task Cells(int count)
    {
        for (int i = 0; i < count; i++)
            await Value($"var v{i} = {i}; v{i} + 1");
    }

    /// <summary>When nothing is freed any more of what earlier tests left.</summary>
    private static long SettledHeap()
    {
        long before,
            now = Heap();
        do
            (before, now) = (now, Heap());
        while (now < before);
        return now;
    }

    private static long Heap()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
