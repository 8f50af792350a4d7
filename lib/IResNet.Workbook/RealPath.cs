namespace IResNet.Workbook;

/// <summary>Paths without symbolic links.</summary>
internal static class RealPath
{
    /// <summary>The absolute path with every link on the way followed; what does not exist stays as it is.</summary>
    /// <exception cref="IOException">The links lead in a circle.</exception>
    public static string Of(string path)
    {
        string full = Path.GetFullPath(path);
        string real = Path.GetPathRoot(full)!;
        foreach (
            string part in full[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries)
        )
        {
            string next = Path.Combine(real, part);
            // A link may lead through folders that are links themselves.
            real =
                new FileInfo(next) is { LinkTarget: not null } link
                && link.ResolveLinkTarget(returnFinalTarget: true) is { } target
                    ? Of(target.FullName)
                    : next;
        }

        return real;
    }

    /// <summary>Whether a file lies in a folder or below it, links followed.</summary>
    public static bool IsWithin(string path, string folder) =>
        Of(path).StartsWith(Of(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
