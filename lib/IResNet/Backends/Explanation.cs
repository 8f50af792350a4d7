using System.Collections;

namespace IResNet;

/// <summary>Who computes a part of a residual block.</summary>
/// <param name="Block">Which one, from 1 in forward order.</param>
/// <param name="Part">step, linearization, norms or inverse.</param>
/// <param name="Backend">The backend's name.</param>
/// <param name="WhyNot">Why it is the reference and not the current backend; null where that serves.</param>
public sealed record BackendRoute(int Block, string Part, string Backend, string? WhyNot)
{
    /// <inheritdoc/>
    public override string ToString() => WhyNot is null ? $"{Part} by {Backend}" : $"{Part} by {Backend}, as {WhyNot}";
}

/// <summary>Who computes what of a flow, see <see cref="Flow.Explain"/>.</summary>
/// <param name="current">The backend that was asked.</param>
/// <param name="reason">Why it is that one.</param>
/// <param name="routes">Four for each block.</param>
public sealed class Explanation(string current, string reason, IReadOnlyList<BackendRoute> routes)
    : IReadOnlyList<BackendRoute>
{
    /// <summary>The backend that was asked, and why it is that one.</summary>
    public string Current => $"{current} ({reason})";

    /// <inheritdoc/>
    public int Count => routes.Count;

    /// <inheritdoc/>
    public BackendRoute this[int index] => routes[index];

    /// <inheritdoc/>
    public IEnumerator<BackendRoute> GetEnumerator() => routes.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The current backend, then a line for each run of blocks that are served alike.</summary>
    public override string ToString() => string.Join('\n', [Current, .. Lines()]);

    /// <summary>A line for each run of blocks that are served alike.</summary>
    private IEnumerable<string> Lines()
    {
        var blocks = routes
            .GroupBy(route => route.Block, (block, all) => (block, text: string.Join("; ", all)))
            .ToList();
        for (int first = 0, next; first < blocks.Count; first = next)
        {
            for (next = first + 1; next < blocks.Count && blocks[next].text == blocks[first].text; next++) { }
            string which =
                next - first == 1
                    ? $"block {blocks[first].block}"
                    : $"blocks {blocks[first].block} to {blocks[next - 1].block}";
            yield return $"{which}: {blocks[first].text}";
        }
    }
}
