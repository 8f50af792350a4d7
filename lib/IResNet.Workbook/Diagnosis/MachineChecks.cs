using System.Globalization;

namespace IResNet.Workbook.Diagnosis;

/// <summary>What the machine offers.</summary>
internal static class MachineChecks
{
    private const double Giga = 1L << 30;

    /// <summary>Processor and threads.</summary>
    /// <param name="cores">Cores that this process may use.</param>
    /// <param name="threads">Threads that libtorch uses; null where it does not load.</param>
    /// <param name="vectors">The widest vector instructions, such as AVX2; null where there are none that libtorch
    /// makes use of.</param>
    public static Finding Cpu(int cores, int? threads, string? vectors)
    {
        string found =
            $"{cores} core{(cores == 1 ? "" : "s")}{(threads is { } n ? $", {n} for libtorch" : "")}, "
            + (vectors ?? "no AVX2");
        return vectors is null
            ? Finding.Warning("CPU", found, "use a processor with AVX2: convolutions are several times slower without")
            : Finding.Ok("CPU", found);
    }

    /// <summary>Cultures, sorting and casing in cells.</summary>
    /// <param name="available">Whether ICU is there and not switched off.</param>
    public static Finding Cultures(bool available) =>
        available
            ? Finding.Ok("cultures", "cells have them; the program itself prints in the invariant one")
            : Finding.Warning(
                "cultures",
                "cells have the invariant one only, and sort, compare and normalize text by its code units",
                $"install ICU (Debian: libicu72), or unset {Globalization.Variable}"
            );

    /// <summary>Memory that can still be had, in bytes.</summary>
    public static Finding Memory(long free, long total)
    {
        string found = string.Create(CultureInfo.InvariantCulture, $"{free / Giga:F1} GiB free of {total / Giga:F1}");
        return (free / Giga) switch
        {
            < 1 => Finding.Fault("memory", found, "close other programs: the smallest training needs 1 GiB"),
            < 4 => Finding.Warning("memory", found, "have 4 GiB free for the quick presets, or lower the batch size"),
            _ => Finding.Ok("memory", found),
        };
    }

    /// <summary>Room, and the right to use it, where something is written.</summary>
    /// <param name="use">What is written there: data, runs.</param>
    /// <param name="folder">The folder; it may not be there yet.</param>
    /// <param name="whyNot">What keeps a file from being written there; null where nothing does.</param>
    /// <param name="free">Bytes; null where that is not known.</param>
    public static Finding Disk(string use, string folder, string? whyNot, long? free)
    {
        string check = $"disk: {use}";
        if (whyNot is not null)
            return Finding.Fault(
                check,
                $"{folder} cannot be written: {whyNot}",
                use switch
                {
                    "data" => "choose another folder with the variable IRESNET_DATA",
                    "runs" => "work in another folder",
                    _ => "choose another folder with the variable TMPDIR",
                }
            );
        if (free is not { } bytes)
            return Finding.Warning(check, $"free space in {folder} is not known", "make sure of 4 GiB");
        string found = string.Create(CultureInfo.InvariantCulture, $"{bytes / Giga:F1} GiB free in {folder}");
        return (bytes / Giga) switch
        {
            < 0.5 => Finding.Fault(check, found, "free 0.5 GiB: data sets and checkpoints could not be written"),
            < 4 => Finding.Warning(check, found, "have 4 GiB free for all data sets and some runs"),
            _ => Finding.Ok(check, found),
        };
    }
}
