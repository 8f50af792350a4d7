using System.Globalization;

namespace IResNet.Cpu;

/// <summary>The cores that this process may use, and how busy they are with whatever, as Linux counts.</summary>
internal static class CoreTimes
{
    // USER_HZ, the same on every Linux.
    private const double Ticks = 100;

    // Of a line's figures: user, nice, system, idle, iowait, irq, softirq, steal; guests are part of user and nice.
    private const int Idle = 3,
        IoWait = 4,
        Figures = 8;

    /// <summary>The numbers of the cores, from /proc/self/status; none if it does not say.</summary>
    public static IReadOnlyList<int> Allowed(IEnumerable<string> status)
    {
        const string Field = "Cpus_allowed_list:";
        string? list = status.FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal));
        return list is null
            ? []
            : [.. list[Field.Length..].Split(',', StringSplitOptions.TrimEntries).SelectMany(Range)];
    }

    /// <summary>Seconds that these cores were not idle since the start, summed, from /proc/stat.</summary>
    public static double Busy(IEnumerable<string> stat, IReadOnlyList<int> cores)
    {
        double ticks = 0;
        foreach (string line in stat.TakeWhile(line => line.StartsWith("cpu", StringComparison.Ordinal)))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!int.TryParse(words[0].AsSpan(3), CultureInfo.InvariantCulture, out int core) || !cores.Contains(core))
                continue;
            for (int i = 0; i < Figures; i++)
            {
                if (i is not (Idle or IoWait))
                    ticks += long.Parse(words[1 + i], CultureInfo.InvariantCulture);
            }
        }
        return ticks / Ticks;
    }

    private static IEnumerable<int> Range(string text)
    {
        int[] ends = [.. text.Split('-').Select(end => int.Parse(end, CultureInfo.InvariantCulture))];
        return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
    }
}
