using System.CommandLine;
using IResNet.Workbook.Jupyter;

namespace IResNet.Workbook.Commands;

/// <summary><c>iresnet kernel</c>.</summary>
internal static class KernelCommand
{
    private const string OwnName = "iresnet";

    public static Command Create() => new("kernel", "Install or start the Jupyter kernel.") { Install(), Jupyter() };

    private static Command Install()
    {
        var name = new Option<string>("--name")
        {
            Description = "The kernel's name.",
            DefaultValueFactory = _ => OwnName,
        };
        name.Validators.Add(result =>
        {
            string given = result.Tokens.Count == 1 ? result.Tokens[0].Value : OwnName;
            if (
                !given.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
                || !given.Any(char.IsAsciiLetterOrDigit)
            )
                result.AddError($"--name \"{given}\": a kernel's name has letters, digits, '.', '-' and '_' only.");
        });
        var force = new Option<bool>("--force") { Description = "Replace another program's kernels of these names." };
        var user = new Option<bool>("--user") { Description = "Install for this user (the default)." };
        var prefix = new Option<string?>("--prefix")
        {
            Description = "Install under this prefix instead, as of a virtual environment.",
        };
        var command = new Command(
            "install",
            "Make the kernel known to Jupyter and VS Code: under its own name, "
                + $"and as {KernelSpec.DotnetName}, which notebooks ask for, where that name is free."
        )
        {
            name,
            force,
            user,
            prefix,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(user) && result.GetValue(prefix) is not null)
                result.AddError("--user and --prefix exclude each other.");
        });
        command.SetAction(parsed =>
            Install(parsed.GetValue(name)!, parsed.GetValue(force), KernelSpec.KernelsFolder(parsed.GetValue(prefix)))
        );
        return command;
    }

    private static int Install(string name, bool force, string folder)
    {
        if (!force && KernelSpec.IsTaken(folder, name))
        {
            Console.Error.WriteLine(
                $"{Path.Combine(folder, name)} is another program's kernel. Choose another --name, or --force."
            );
            return 1;
        }
        try
        {
            Console.WriteLine($"Installed {KernelSpec.Write(folder, name, "C# (iresnet)")}");
            if (name == KernelSpec.DotnetName)
                return 0;
            if (!force && KernelSpec.IsTaken(folder, KernelSpec.DotnetName))
                Console.WriteLine(
                    $"{KernelSpec.DotnetName} is another program's and was left alone; --force replaces it."
                );
            else
                Console.WriteLine($"Installed {KernelSpec.Write(folder, KernelSpec.DotnetName, ".NET (C#)")}");
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{folder} cannot be written: {e.Message}");
            return 1;
        }
    }

    private static Command Jupyter()
    {
        var file = new Argument<string>("connection-file")
        {
            Description = "The file that Jupyter wrote for this kernel.",
        };
        var command = new Command("jupyter", "Start the kernel; Jupyter does this.") { file };
        command.SetAction(parsed =>
        {
            try
            {
                JupyterKernel.Run(parsed.GetValue(file)!);
            }
            catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine(e.Message);
                return 1;
            }
            // A cell may have left threads behind that would keep the process alive.
            Environment.Exit(0);
            return 0;
        });
        return command;
    }
}
