using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;

namespace NotebookEngine.References;

/// <summary>Documentation from the XML file beside an assembly, read when it is first asked for.</summary>
internal sealed class XmlFileDocumentation(string assemblyPath) : DocumentationProvider
{
    private readonly string _path = Path.ChangeExtension(assemblyPath, ".xml");
    private IReadOnlyDictionary<string, string>? _members;

    public override bool Equals(object? obj) => obj is XmlFileDocumentation other && other._path == _path;

    public override int GetHashCode() => _path.GetHashCode(StringComparison.Ordinal);

    protected override string GetDocumentationForSymbol(
        string documentationMemberID,
        CultureInfo preferredCulture,
        CancellationToken cancellationToken = default
    ) => (_members ??= Read()).GetValueOrDefault(documentationMemberID, "");

    private Dictionary<string, string> Read()
    {
        try
        {
            return File.Exists(_path)
                ? XDocument
                    .Load(_path)
                    .Descendants("member")
                    .GroupBy(m => m.Attribute("name")?.Value ?? "")
                    .ToDictionary(g => g.Key, g => string.Concat(g.First().Nodes()))
                : [];
        }
        catch (XmlException)
        {
            return []; // a broken file beside somebody's assembly is as good as none
        }
    }
}
