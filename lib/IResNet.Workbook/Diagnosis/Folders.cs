namespace IResNet.Workbook.Diagnosis;

/// <summary>Folders that may not be there yet.</summary>
internal static class Folders
{
    /// <summary>
    /// What keeps a file from being written into a folder, found by writing one, as permissions tell only half; null
    /// where nothing does. Nothing is left behind: of a folder that is not there, the nearest one that is is tried.
    /// </summary>
    public static string? WhyNotWritable(string folder)
    {
        string existing = ExistingParent(folder);
        if (File.Exists(existing))
            return $"{existing} is no folder";
        string probe = Path.Combine(existing, $".iresnet-{Guid.NewGuid():N}.tmp");
        try
        {
            if (existing == Path.GetFullPath(folder))
            {
                File.WriteAllText(probe, "?");
                File.Delete(probe);
            }
            else
            {
                Directory.CreateDirectory(probe);
                Directory.Delete(probe);
            }
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return fault.Message.Replace(probe, existing, StringComparison.Ordinal).TrimEnd('.');
        }
    }

    /// <summary>Bytes that can still be written where a folder is or would be; null where that is not known.</summary>
    public static long? FreeSpace(string folder)
    {
        try
        {
            return new DriveInfo(ExistingParent(folder)).AvailableFreeSpace;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The folder, or the nearest above it that is there; a file, where one is in the way.</summary>
    private static string ExistingParent(string folder)
    {
        string existing = Path.GetFullPath(folder);
        while (!Path.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
            existing = parent;
        return existing;
    }
}
