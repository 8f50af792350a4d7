namespace IResNet.Notebooks;

/// <summary>How to start the program <c>iresnet</c>, in another process or on another machine of the cluster.</summary>
internal static class ThisProgram
{
    private const string Name = "IResNet.Workbook";

    /// <summary>
    /// The program and its first arguments: the executable itself where it is what runs, else <c>dotnet</c> and the
    /// assembly beside this one, as in cells of another program.
    /// </summary>
    public static IReadOnlyList<string> Command
    {
        get
        {
            string program = Environment.ProcessPath ?? "dotnet",
                folder = Path.GetDirectoryName(typeof(ThisProgram).Assembly.Location)!;
            return Path.GetFileNameWithoutExtension(program) == Name || Path.GetFileName(program) == Name
                ? [program]
                : ["dotnet", Path.Combine(folder, $"{Name}.dll")];
        }
    }
}
