namespace IResNet.Experiments.Runs;

/// <summary>
/// One process at a time in a run folder. The lock is the system's own on an open file, so it ends with the process,
/// however that dies.
/// </summary>
internal sealed class RunLock : IDisposable
{
    // EWOULDBLOCK of Linux and of macOS, and ERROR_SHARING_VIOLATION of Windows: what opening a file that another has
    // locked gives.
    private static readonly int[] Taken = [11, 35, unchecked((int)0x80070020)];

    private readonly FileStream _held;

    private RunLock(FileStream held) => _held = held;

    /// <summary>Takes the lock.</summary>
    /// <exception cref="RunFolderException">Another process, or another training in this one, has it.</exception>
    public static RunLock Take(RunFolder folder)
    {
        try
        {
            return new(new FileStream(folder.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException fault) when (Taken.Contains(fault.HResult))
        {
            throw new RunFolderException(
                $"{folder.Path} is in use: another process trains in it (the lock is {folder.LockFile}). Wait for it, "
                    + "stop it, or choose another --run.",
                fault
            );
        }
    }

    /// <summary>Whether somebody has it.</summary>
    public static bool IsHeld(RunFolder folder)
    {
        if (!File.Exists(folder.LockFile))
            return false;
        try
        {
            using (Take(folder))
                return false;
        }
        catch (RunFolderException)
        {
            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false; // a folder that can only be read is not trained in
        }
    }

    public void Dispose() => _held.Dispose();
}
