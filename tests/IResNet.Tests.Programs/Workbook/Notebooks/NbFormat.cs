using System.Diagnostics;
using Xunit;

namespace IResNet.Tests.Programs.Workbook.Notebooks;

/// <summary>
/// Jupyter's own reader and writer (Debian: python3-nbformat), the independent judge of what we write.
/// </summary>
internal static class NbFormat
{
    private const string Python = "/usr/bin/python3";

    /// <summary>
    /// Validates the file against the schema and returns how nbformat would write it; skips the test where nbformat is
    /// absent.
    /// </summary>
    public static string ValidateAndRewrite(string path) =>
        Run(
            "import sys, nbformat, warnings; warnings.simplefilter('error'); nb = nbformat.read(sys.argv[1], 4); "
                + "nbformat.validate(nb); "
                + "sys.stdout.reconfigure(encoding='utf-8', newline=''); nbformat.write(nb, sys.stdout)",
            path
        );

    public static string ValidateAndRewriteText(string json)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, json);
            return ValidateAndRewrite(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Run(string script, string argument)
    {
        if (!File.Exists(Python) || Exec("import nbformat", "").Code != 0)
            Assert.Skip("python3-nbformat is not installed.");
        var (code, output, error) = Exec(script, argument);
        Assert.True(code == 0, error);
        return output;
    }

    private static (int Code, string Output, string Error) Exec(string script, string argument)
    {
        using var process = Process.Start(
            new ProcessStartInfo(Python, ["-c", script, argument])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
