namespace IResNet.Notebooks;

/// <summary>
/// The colours of Okabe and Ito (2008), which colour-blind readers can tell apart. Their yellow is left out: it is too
/// pale on white.
/// </summary>
internal static class Palette
{
    public const string Background = "#FFFFFF";
    public const string Text = "#222222";
    public const string Grid = "#E3E3E3";
    public const string Level = "#555555";

    private static readonly string[] Series =
    [
        "#0072B2",
        "#D55E00",
        "#009E73",
        "#CC79A7",
        "#E69F00",
        "#56B4E9",
        "#000000",
    ];

    /// <summary>
    /// The colour of each mark, as #RRGGBB, in order; after the last one they repeat. Dashed curves are counted for
    /// themselves, so that theory has the colour of what was measured.
    /// </summary>
    public static string[] Of(IReadOnlyList<Mark> marks)
    {
        int series = 0,
            dashed = 0;
        return
        [
            .. marks.Select(mark =>
                mark switch
                {
                    Curve { IsDashed: true } => At(dashed++),
                    Curve or Steps => At(series++),
                    _ => Level,
                }
            ),
        ];
    }

    private static string At(int index) => Series[index % Series.Length];
}
