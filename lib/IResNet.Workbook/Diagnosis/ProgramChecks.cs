using IResNet.Workbook.Jupyter;

namespace IResNet.Workbook.Diagnosis;

/// <summary>Programs beside .NET, none of which the runner needs.</summary>
internal static class ProgramChecks
{
    /// <summary>Jupyter, for working in notebooks.</summary>
    /// <param name="path">Where it is; null where it is not found.</param>
    public static Finding Jupyter(string? path) =>
        path is not null
            ? Finding.Ok("Jupyter", path)
            : Finding.Warning(
                "Jupyter",
                "not found",
                "to work in notebooks install JupyterLab, or VS Code with its Jupyter extension; iresnet run "
                    + "needs neither"
            );

    /// <summary>Whether Jupyter finds the kernel, and the kernel its program.</summary>
    /// <param name="specs">The kernelspecs that start this program, in Jupyter's order.</param>
    /// <param name="exists">Whether a file exists.</param>
    public static Finding Kernel(IReadOnlyList<KernelSpecFile> specs, Func<string, bool> exists)
    {
        if (specs.Count == 0)
            return Finding.Warning("kernel", "not installed for Jupyter", "iresnet kernel install");
        if (specs.FirstOrDefault(spec => !exists(spec.Program)) is { } broken)
            return Finding.Fault(
                "kernel",
                $"{broken.Folder} starts {broken.Program}, which does not exist",
                "iresnet kernel install"
            );
        string found = string.Join(", ", specs.Select(spec => spec.Folder));
        return specs.Any(spec => spec.Name == KernelSpec.DotnetName)
            ? Finding.Ok("kernel", found)
            : Finding.Warning(
                "kernel",
                $"{found}, but {KernelSpec.DotnetName}, which notebooks ask for, is another program's or missing",
                "choose the kernel by hand, or iresnet kernel install --force"
            );
    }

    /// <summary>npm, from which some data sets can be had.</summary>
    /// <param name="path">Where it is; null where it is not found.</param>
    public static Finding Npm(string? path) =>
        path is not null
            ? Finding.Ok("npm", path)
            : Finding.Warning("npm", "not found", "install Node.js: without it iresnet data has one source less");
}
