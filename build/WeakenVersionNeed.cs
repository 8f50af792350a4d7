// Compiled by MSBuild as a task and, where there is no MSBuild, into IResNet.Cpu.
#nullable disable
using System;
using System.IO;
using System.Text;
#if !LIBRARY
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
#endif

/// <summary>
/// Marks a symbol-version need of an ELF library as weak: the loader then takes a library that lacks the version.
/// </summary>
internal static class VersionNeed
{
    private const int PtLoad = 1,
        PtDynamic = 2,
        WeakFlag = 2;
    private const long DtStrTab = 5,
        DtVerNeed = 0x6ffffffe,
        DtVerNeedNum = 0x6fffffff;

    /// <summary>Walks PT_DYNAMIC to the version needs and sets VER_FLG_WEAK on each that carries the name.</summary>
    /// <returns>How many were set that were not.</returns>
    /// <exception cref="InvalidDataException">It is no ELF library.</exception>
    public static int Weaken(byte[] elf, string version)
    {
        long headers = BitConverter.ToInt64(elf, 0x20);
        int size = BitConverter.ToUInt16(elf, 0x36),
            count = BitConverter.ToUInt16(elf, 0x38);
        Func<int, int> header = i => (int)headers + i * size;
        Func<long, long> offsetOf = address =>
        {
            for (int i = 0; i < count; i++)
            {
                if (BitConverter.ToInt32(elf, header(i)) != PtLoad)
                    continue;
                long start = BitConverter.ToInt64(elf, header(i) + 16),
                    length = BitConverter.ToInt64(elf, header(i) + 32);
                if (address >= start && address < start + length)
                    return address - start + BitConverter.ToInt64(elf, header(i) + 8);
            }
            throw new InvalidDataException("no segment holds address " + address + ".");
        };

        long names = 0,
            need = 0,
            needs = 0;
        for (int i = 0; i < count; i++)
        {
            if (BitConverter.ToInt32(elf, header(i)) != PtDynamic)
                continue;
            long start = BitConverter.ToInt64(elf, header(i) + 8),
                length = BitConverter.ToInt64(elf, header(i) + 32);
            for (long d = start; d < start + length; d += 16)
            {
                long tag = BitConverter.ToInt64(elf, (int)d),
                    value = BitConverter.ToInt64(elf, (int)d + 8);
                if (tag == DtStrTab)
                    names = offsetOf(value);
                else if (tag == DtVerNeed)
                    need = offsetOf(value);
                else if (tag == DtVerNeedNum)
                    needs = value;
            }
        }

        int weakened = 0;
        for (long n = 0; n < needs; n++)
        {
            long entry = need + BitConverter.ToUInt32(elf, (int)need + 8);
            for (int left = BitConverter.ToUInt16(elf, (int)need + 2); left > 0; left--)
            {
                int from = (int)(names + BitConverter.ToUInt32(elf, (int)entry + 8));
                string name = Encoding.ASCII.GetString(elf, from, Array.IndexOf(elf, (byte)0, from) - from);
                if (name == version && (elf[entry + 4] & WeakFlag) == 0)
                {
                    elf[entry + 4] |= WeakFlag;
                    weakened++;
                }
                entry += BitConverter.ToUInt32(elf, (int)entry + 12);
            }
            need += BitConverter.ToUInt32(elf, (int)need + 12);
        }
        return weakened;
    }
}

#if !LIBRARY
/// <summary>Does it to a file.</summary>
public sealed class WeakenVersionNeed : Task
{
    [Required]
    public string Library { get; set; }

    [Required]
    public string Version { get; set; }

    public override bool Execute()
    {
        byte[] file = File.ReadAllBytes(Library);
        if (VersionNeed.Weaken(file, Version) == 0)
            return true;

        // Write beside and rename: the file may be a hard link into the package cache, which must stay as it came.
        DateTime stamp = File.GetLastWriteTimeUtc(Library);
        string temporary = Library + ".tmp";
        File.WriteAllBytes(temporary, file);
        File.SetLastWriteTimeUtc(temporary, stamp);
        File.Delete(Library);
        File.Move(temporary, Library);
        return true;
    }
}
#endif
