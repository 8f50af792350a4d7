namespace IResNet.Tests.Programs.Experiments.Drills;

/// <summary>
/// Failure drills run with small counts in every test run, and with full counts by <c>tests/drills.sh</c>, which sets
/// IRESNET_DRILLS=full. What a drill counted goes to its output and, for the full ones, into tests/RELIABILITY.md by
/// hand.
/// </summary>
internal static class Drill
{
    public const string Category = "Drill";

    public static bool IsFull { get; } = Environment.GetEnvironmentVariable("IRESNET_DRILLS") == "full";

    /// <summary>How often.</summary>
    public static int Count(int fast, int full) => IsFull ? full : fast;

    /// <summary>How long.</summary>
    public static TimeSpan Time(double fastSeconds, double fullSeconds) =>
        TimeSpan.FromSeconds(IsFull ? fullSeconds : fastSeconds);

    /// <summary>A line of the drill's report.</summary>
    public static void Say(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);
}
