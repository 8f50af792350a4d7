using IResNet.Cpu;

namespace IResNet.Tests.Cpu;

/// <summary>When cores are kept awake, by what, and that this ends.</summary>
public class WaitingTests
{
    // Field 41 of /proc/self/task/N/stat; SCHED_IDLE is 5 (proc_pid_stat(5), sched(7)).
    private const int PolicyField = 41;
    private const string Idle = "5";

    private static IReadOnlyList<int> Cores => CoreTimes.Allowed(File.ReadLines("/proc/self/status"));

    [Theory]
    [InlineData("Cpus_allowed_list:\t0-3,8,10-11", new[] { 0, 1, 2, 3, 8, 10, 11 })]
    [InlineData("Cpus_allowed_list:\t5", new[] { 5 })]
    [InlineData("Cpus_allowed:\tff", new int[0])]
    public void CoresAreReadFromTheirList(string line, int[] cores) =>
        Assert.Equal(cores, CoreTimes.Allowed(["Name:\tiresnet", line, "Mems_allowed_list:\t0"]));

    /// <summary>All but idle and iowait, of the given cores, in hundredths of a second.</summary>
    [Fact]
    public void BusyIsWhatIsNotIdle()
    {
        string[] stat = ["cpu0 1 2 4 1000 2000 8 16 32 64 128", "cpu1 5 0 0 9 0 0 0 0 0 0", "intr 12 cpu2 9"];
        Assert.Equal(0.63, CoreTimes.Busy(stat, [0]), 12);
        Assert.Equal(0.68, CoreTimes.Busy(stat, [0, 1]), 12);
        Assert.Equal(0, CoreTimes.Busy(stat, [2]));
    }

    /// <summary>Two cores for a second.</summary>
    [Theory]
    [InlineData(1.0, 1.0, 0.0, true, true, false)] // at work on one core, nothing keeps the other awake
    [InlineData(2.0, 2.0, 1.0, true, true, true)] // the same, kept awake
    [InlineData(2.0, 2.0, 1.9, false, true, true)] // kept awake for nothing
    [InlineData(2.0, 1.2, 0.2, true, false, false)] // another program is at work
    [InlineData(1.2, 1.2, 0.3, true, true, false)] // a limit does not give what nobody else takes
    public void CoresAreKeptAwakeForThisProcessAlone(
        double busy,
        double ours,
        double kept,
        bool computes,
        bool alone,
        bool letsKeep
    )
    {
        var usage = new CoreUsage(11, 100 + busy, 50 + ours, 20 + kept) - new CoreUsage(10, 100, 50, 20);
        Assert.Equal((computes, alone, letsKeep), (usage.Computes, usage.IsAlone, usage.LetsKeep(cores: 2)));
    }

    /// <summary>
    /// A thread of idle priority for each core while they run, and none soon after, however often.
    /// </summary>
    [Fact]
    public void IdleThreadsComeAndGo()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Idle priority is Linux's.");
        var threads = new IdleThreads(Cores);
        for (int i = 0; i < 20; i++)
        {
            Assert.True(threads.Start());
            Assert.True(Policies().Count(policy => policy == Idle) >= Cores.Count);
            GC.Collect(); // waits for no thread of these
            double before = threads.Seconds;
            Assert.InRange(threads.Seconds, before, double.MaxValue);
            threads.Stop();
            Assert.False(threads.Run);
        }
        Assert.True(SpinWait.SpinUntil(NoneIsLeft, TimeSpan.FromMinutes(1)));
    }

    private static bool NoneIsLeft()
    {
        Thread.Sleep(10);
        return !Policies().Contains(Idle);
    }

    private static List<string> Policies()
    {
        var policies = new List<string>();
        foreach (string task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            try
            {
                string stat = File.ReadAllText(Path.Combine(task, "stat"));
                // The second field, the name in parentheses, may hold spaces.
                policies.Add(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[PolicyField - 3]);
            }
            catch (IOException)
            {
                // It has ended.
            }
        }
        return policies;
    }
}
