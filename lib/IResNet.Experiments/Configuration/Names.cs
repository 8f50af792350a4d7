using Quickenshtein;

namespace IResNet.Experiments.Configuration;

/// <summary>Finds what somebody probably meant.</summary>
internal static class Names
{
    /// <summary>A known name that is close to a wrong one; null if none is.</summary>
    public static string? Nearest(string wrong, IEnumerable<string> known)
    {
        string[] all = [.. known];
        // "steps" for "training.steps", if there is only one.
        string[] endings = [.. all.Where(name => name.EndsWith("." + wrong, StringComparison.OrdinalIgnoreCase))];
        if (endings.Length == 1)
            return endings[0];
        var best = all.Select(name =>
                (name, distance: Levenshtein.GetDistance(wrong.ToLowerInvariant(), name.ToLowerInvariant()))
            )
            .OrderBy(pair => pair.distance)
            .FirstOrDefault();
        return best.name is not null && best.distance <= Math.Max(2, wrong.Length / 3) ? best.name : null;
    }

    /// <summary>"Did you mean 'x'?", or the known names where none is close.</summary>
    public static string Advice(string wrong, IReadOnlyCollection<string> known) =>
        Nearest(wrong, known) is { } near ? $"Did you mean '{near}'?" : $"Choose one of: {string.Join(", ", known)}.";
}
