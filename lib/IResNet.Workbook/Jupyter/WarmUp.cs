namespace IResNet.Workbook.Jupyter;

/// <summary>
/// Has the compiler compiled before the first cell needs it, which saves the reader most of a second.
/// </summary>
internal static class WarmUp
{
    public static void Start() =>
        new Thread(() =>
        {
            using var engine = NotebookHost.CreateEngine(Directory.GetCurrentDirectory());
            engine.ExecuteAsync("var warm = 1; warm", new NoSink(), 1).GetAwaiter().GetResult();
        })
        {
            IsBackground = true,
            Name = "warm-up",
            Priority = ThreadPriority.BelowNormal,
        }.Start();
}
