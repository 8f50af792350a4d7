// Compiled by MSBuild as a task and, where there is no MSBuild, into IResNet.Cpu.
#nullable disable
using System;
#if !LIBRARY
using System.IO;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
#endif

/// <summary>
/// Sets DebuggingModes.DisableOptimizations in an assembly's DebuggableAttribute. Code that the JIT compiles with
/// optimizations gives an argument up after its last use, even where native code still uses what the argument's
/// finalizer frees; without them, arguments live until the method returns.
/// </summary>
internal static class Optimizations
{
    // A custom attribute's value in the #Blob heap: its length, the prolog 1, DebuggingModes as int32, no named
    // arguments.
    private static readonly byte[] Optimized = { 8, 1, 0, 2, 0, 0, 0, 0, 0 },
        Unoptimized = { 8, 1, 0, 3, 1, 0, 0, 0, 0 };

    /// <summary>Changes an assembly's bytes.</summary>
    /// <returns>Whether they were changed; false where they said so already.</returns>
    /// <exception cref="InvalidOperationException">There is not one such attribute.</exception>
    public static bool Disable(byte[] assembly)
    {
        int at = IndexOf(assembly, Optimized, 0);
        if (at < 0 && IndexOf(assembly, Unoptimized, 0) >= 0)
            return false;
        if (at < 0 || IndexOf(assembly, Optimized, at + 1) >= 0)
            throw new InvalidOperationException(
                "its DebuggableAttribute was not found as expected. Is this another version of TorchSharp?"
            );
        Unoptimized.CopyTo(assembly, at);
        return true;
    }

    private static int IndexOf(byte[] text, byte[] pattern, int start)
    {
        for (
            int i = Array.IndexOf(text, pattern[0], start);
            i >= 0 && i <= text.Length - pattern.Length;
            i = Array.IndexOf(text, pattern[0], i + 1)
        )
        {
            int j = 1;
            while (j < pattern.Length && text[i + j] == pattern[j])
                j++;
            if (j == pattern.Length)
                return i;
        }
        return -1;
    }
}

#if !LIBRARY
/// <summary>Does it to a file.</summary>
public sealed class KeepArgumentsAlive : Task
{
    [Required]
    public string Assembly { get; set; }

    public override bool Execute()
    {
        byte[] file = File.ReadAllBytes(Assembly);
        try
        {
            if (!Optimizations.Disable(file))
                return true;
        }
        catch (InvalidOperationException unknown)
        {
            Log.LogError("{0}: {1} See TorchNative.targets.", Assembly, unknown.Message);
            return false;
        }

        // Write beside and rename: the file may be a hard link into the package cache, which must stay as it came.
        DateTime stamp = File.GetLastWriteTimeUtc(Assembly);
        string temporary = Assembly + ".tmp";
        File.WriteAllBytes(temporary, file);
        File.SetLastWriteTimeUtc(temporary, stamp);
        File.Delete(Assembly);
        File.Move(temporary, Assembly);
        return true;
    }
}
#endif
