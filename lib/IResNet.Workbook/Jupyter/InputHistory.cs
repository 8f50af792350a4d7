using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace IResNet.Workbook.Jupyter;

/// <summary>The inputs of this session, for <c>history_request</c>. Outputs are not kept.</summary>
internal sealed class InputHistory
{
    private const int Session = 0;

    private readonly List<(int Number, string Code)> _inputs = [];

    public void Add(int number, string code) => _inputs.Add((number, code));

    /// <summary>
    /// The entries asked for: the last, a range of numbers, or those that match a pattern of <c>*</c> and <c>?</c>.
    /// </summary>
    public JsonArray Find(JupyterMessage request)
    {
        int count = request.Number("n") is { } n and >= 0 ? n : int.MaxValue;
        var found = request.Text("hist_access_type") switch
        {
            "range" => Range(request.Number("start") ?? 0, request.Number("stop") ?? int.MaxValue),
            "search" => Search(request.Text("pattern") ?? "*", request.Flag("unique", otherwise: false))
                .TakeLast(count),
            _ => _inputs.TakeLast(count),
        };
        bool withOutput = request.Flag("output", otherwise: false);
        return new JsonArray([
            .. found.Select(i => new JsonArray(Session, i.Number, withOutput ? new JsonArray(i.Code, null) : i.Code)),
        ]);
    }

    private IEnumerable<(int Number, string Code)> Range(int start, int stop) =>
        _inputs.Where(i => i.Number >= start && i.Number < stop);

    private IEnumerable<(int Number, string Code)> Search(string pattern, bool unique)
    {
        var expression = new Regex(
            "^"
                + Regex
                    .Escape(pattern)
                    .Replace(@"\*", ".*", StringComparison.Ordinal)
                    .Replace(@"\?", ".", StringComparison.Ordinal)
                + "$",
            RegexOptions.Singleline | RegexOptions.NonBacktracking
        );
        var found = _inputs.Where(i => expression.IsMatch(i.Code));
        return unique ? found.Reverse().DistinctBy(i => i.Code).Reverse() : found;
    }
}
