using System.Diagnostics;

namespace IResNet.Workbook.Jupyter;

/// <summary>Notices that the process which started the kernel is gone, so that no kernel is left behind.</summary>
internal static class ParentWatch
{
    /// <summary>Calls back once the process named by <c>JPY_PARENT_PID</c> has ended; never where none is named.</summary>
    public static void Start(Action onGone)
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable("JPY_PARENT_PID"), out var id) || id <= 1) return;
        new Thread(() =>
        {
            try
            {
                using var parent = Process.GetProcessById(id);
                parent.WaitForExit();
            }
            catch (ArgumentException)
            {
                // It was gone before we looked.
            }
            onGone();
        })
        { IsBackground = true, Name = "parent watch" }.Start();
    }
}
