namespace IResNet.Workbook.Commands;

/// <summary>How to start this program again, in another process or on another machine of the cluster.</summary>
internal static class ThisProgram
{
    /// <summary>
    /// The program and its first arguments: <c>dotnet IResNet.Workbook.dll</c>, or the executable itself.
    /// </summary>
    public static IReadOnlyList<string> Command
    {
        get
        {
            string program = Environment.ProcessPath ?? "dotnet",
                assembly = typeof(ThisProgram).Assembly.Location;
            return Path.GetFileNameWithoutExtension(program) == Path.GetFileNameWithoutExtension(assembly)
                ? [program]
                : ["dotnet", assembly];
        }
    }
}
