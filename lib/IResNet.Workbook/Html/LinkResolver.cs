using System.Text.Json.Nodes;

namespace IResNet.Workbook.Html;

/// <summary>
/// Where the addresses of a notebook lead from its page: links to other notebooks go to their pages, other relative
/// links stay right although the page lies in another folder, and images become part of the page.
/// </summary>
/// <param name="notebookFolder">The folder that the notebook's addresses are relative to.</param>
/// <param name="pageFolder">The folder of the page.</param>
internal sealed class LinkResolver(string notebookFolder, string pageFolder)
{
    private static readonly Dictionary<string, string> ImageTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        [".png"] = "image/png",
        [".jpg"] = "image/jpeg",
        [".jpeg"] = "image/jpeg",
        [".gif"] = "image/gif",
        [".webp"] = "image/webp",
        [".svg"] = "image/svg+xml",
    };

    private const long ImageLimit = 64 << 20;

    /// <summary>The address of a link as the page must have it; null where it may not be followed.</summary>
    public string? Link(string address)
    {
        if (address.StartsWith('#'))
            return address;
        if (Uri.TryCreate(address, UriKind.Absolute, out var absolute) && !absolute.IsFile)
            return absolute.Scheme is "http" or "https" or "mailto" ? address : null;
        if (!Relative(address, out string? path, out string? rest))
            return null;
        return Path.GetExtension(path) == ".ipynb"
            ? Path.GetFileNameWithoutExtension(path) + ".html" + rest
            : Path.GetRelativePath(pageFolder, Path.Combine(notebookFolder, path)).Replace('\\', '/') + rest;
    }

    /// <summary>
    /// An image as data within the page; null where it is neither an attachment nor a file, so that nothing is fetched
    /// to view a page.
    /// </summary>
    /// <param name="address">A data, attachment or relative address.</param>
    /// <param name="attachments">The cell's attachments.</param>
    public string? Image(string address, JsonObject? attachments)
    {
        if (address.StartsWith("data:image/", StringComparison.OrdinalIgnoreCase))
            return address;
        if (address.StartsWith("attachment:", StringComparison.Ordinal))
            return Attachment(attachments?[Uri.UnescapeDataString(address["attachment:".Length..])] as JsonObject);
        if (
            !Relative(address, out string? path, out _)
            || !ImageTypes.TryGetValue(Path.GetExtension(path), out string? type)
        )
            return null;
        string file = Path.Combine(notebookFolder, path);
        return File.Exists(file) && IsOwn(file) && new FileInfo(file).Length <= ImageLimit
            ? DataAddress(type, File.ReadAllBytes(file))
            : null;
    }

    /// <summary>
    /// Whether a file is what its address says: a symbolic link that leads out of the notebook's folder could put any
    /// file of the machine into the page.
    /// </summary>
    private bool IsOwn(string file)
    {
        string written = Path.GetFullPath(Path.GetRelativePath(notebookFolder, file), RealPath.Of(notebookFolder));
        return RealPath.Of(file) == written || RealPath.IsWithin(file, notebookFolder);
    }

    /// <summary>The address that carries the content itself.</summary>
    public static string DataAddress(string type, ReadOnlySpan<byte> content) =>
        $"data:{type};base64,{Convert.ToBase64String(content)}";

    private static string? Attachment(JsonObject? file) =>
        file?.FirstOrDefault() is { Key: { } type, Value: JsonValue content }
            ? $"data:{type};base64,{content.ToString().ReplaceLineEndings("")}"
            : null;

    private static bool Relative(string address, out string path, out string rest)
    {
        int end = address.AsSpan().IndexOfAny('#', '?');
        path = Uri.UnescapeDataString(end < 0 ? address : address[..end]);
        rest = end < 0 ? "" : address[end..];
        return path.Length > 0 && !Path.IsPathRooted(path) && !path.Contains(':', StringComparison.Ordinal);
    }
}
