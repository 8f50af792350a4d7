using System.Collections.Concurrent;
using IResNet.Cpu;

namespace IResNet.Tests.Cpu;

/// <summary>Every piece of a job is done once, whoever does it, and a failure comes back.</summary>
public class CrewTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(100, 2)]
    [InlineData(7, 4)]
    [InlineData(1000, 8)]
    public void EveryPieceIsDoneOnce(int count, int threads)
    {
        var crew = new Crew();
        for (int round = 0; round < 50; round++)
        {
            int[] done = new int[count];
            crew.Run(count, threads, (index, _) => Interlocked.Increment(ref done[index]));
            Assert.All(done, times => Assert.Equal(1, times));
        }
    }

    /// <summary>Each has memory of its own by its number.</summary>
    [Fact]
    public void NoTwoThreadsHaveTheSameNumberAtOnce()
    {
        var crew = new Crew();
        var (busy, seen) = (new int[4], new ConcurrentDictionary<int, bool>());
        for (int round = 0; round < 200 && seen.Count < 4; round++)
            crew.Run(64, 4, (_, thread) =>
                {
                    seen[thread] = true;
                    Assert.Equal(1, Interlocked.Increment(ref busy[thread]));
                    Thread.SpinWait(2000);
                    Assert.Equal(0, Interlocked.Decrement(ref busy[thread]));
                });
        Assert.True(seen.Count > 1, "Nobody helped.");
        Assert.All(seen.Keys, thread => Assert.InRange(thread, 0, 3));
    }

    [Fact]
    public void HelpersComeBackAfterTheyHaveSlept()
    {
        var crew = new Crew();
        var threads = new ConcurrentDictionary<int, bool>();
        for (int round = 0; round < 5; round++)
        {
            threads.Clear();
            for (int i = 0; i < 100 && threads.Count < 2; i++)
                crew.Run(32, 2, (_, _) =>
                    {
                        threads[Environment.CurrentManagedThreadId] = true;
                        Thread.SpinWait(5000);
                    });
            Assert.Equal(2, threads.Count);
            Thread.Sleep(20);
        }
    }

    [Fact]
    public void JobsOfSeveralThreadsDoNotDisturbEachOther()
    {
        var crew = new Crew();
        long[] sums = new long[4];
        Parallel.For(0, 4, caller =>
            {
                for (int round = 0; round < 300; round++)
                    crew.Run(10, 3, (index, _) => Interlocked.Add(ref sums[caller], index));
            });
        Assert.All(sums, sum => Assert.Equal(300 * 45, sum));
    }

    [Fact]
    public void AFailureComesBackAndTheNextJobIsDone()
    {
        var crew = new Crew();
        for (int round = 0; round < 20; round++)
        {
            int done = 0;
            var fault = Assert.Throws<InvalidOperationException>(() =>
                crew.Run(20, 2, (index, _) =>
                    {
                        Interlocked.Increment(ref done);
                        if (index == 13)
                            throw new InvalidOperationException("piece 13");
                    })
            );
            Assert.Equal(("piece 13", 20), (fault.Message, done));
            crew.Run(20, 2, (_, _) => Interlocked.Decrement(ref done));
            Assert.Equal(0, done);
        }
    }
}
