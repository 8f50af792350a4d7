using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace IResNet.Workbook.Jupyter;

/// <summary>Notices that the process which started the kernel is gone, so that no kernel is left behind.</summary>
internal static class ParentWatch
{
    /// <summary>
    /// Calls back once the process named by <c>JPY_PARENT_PID</c> has ended; never where none is named.
    /// </summary>
    public static void Start(Action onGone)
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable("JPY_PARENT_PID"), out int id) || id <= 1)
            return;
        new Thread(() =>
        {
            Wait(id);
            onGone();
        })
        {
            IsBackground = true,
            Name = "parent watch",
        }.Start();
    }

    private static void Wait(int id)
    {
        if (OperatingSystem.IsWindows())
        {
            // There the variable holds a handle that the frontend has duplicated for us.
            using var process = new ManualResetEvent(false);
            process.SafeWaitHandle = new SafeWaitHandle(id, ownsHandle: true);
            process.WaitOne();
            return;
        }
        try
        {
            using var parent = Process.GetProcessById(id);
            parent.WaitForExit();
        }
        catch (ArgumentException)
        {
            // It was gone before we looked.
        }
    }
}
