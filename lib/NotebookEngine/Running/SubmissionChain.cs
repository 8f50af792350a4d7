using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.Scripting;
using NotebookEngine.Cells;
using NotebookEngine.References;

namespace NotebookEngine.Running;

/// <summary>
/// The cells run so far, each a submission that sees those before it. A submission inherits the references and imports
/// of its predecessor: handing all of them over again would make the k-th carry k copies, and the memory grow with the
/// square.
/// </summary>
internal sealed class SubmissionChain(ReferenceSet references, IReadOnlyList<string> imports)
{
    private static readonly string[] UsualImports =
    [
        "System",
        "System.Collections.Generic",
        "System.IO",
        "System.Linq",
        "System.Text",
        "System.Threading",
        "System.Threading.Tasks",
        "Microsoft.DotNet.Interactive.Formatting",
        typeof(CellFunctions).Namespace!,
        typeof(CellFunctions).FullName!,
    ];

    private readonly CellGlobals _globals = new();
    private readonly Lock _binding = new();
    private volatile Link? _last;

    /// <summary>Compiles and runs code on the calling thread, to the end of what it awaits.</summary>
    /// <param name="code">The code.</param>
    /// <param name="name">The name by which error messages call it.</param>
    /// <param name="cancellationToken">Cancels the compilation.</param>
    /// <returns>The value of the last expression.</returns>
    /// <exception cref="CompilationErrorException">It does not compile; nothing has changed.</exception>
    /// <remarks>What the code throws is thrown on; the variables assigned until then stay.</remarks>
    public object? Run(string code, string name, CancellationToken cancellationToken)
    {
        var last = _last;
        var known = references.All.Length;
        var script = Continue(last, code, name);
        var state = CellPump.Run(() =>
            last is null
                ? script.RunAsync(_globals, static _ => true, cancellationToken)
                : script.RunFromAsync(last.State, static _ => true, cancellationToken)
        );
        // A cell that was left behind and ends later must not push out those that came after it.
        Interlocked.CompareExchange(ref _last, new Link(state, known), last);
        if (state.Exception is { } thrown)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(thrown);
        return state.ReturnValue;
    }

    /// <summary>What code would compile to here; nothing is run.</summary>
    public Compilation Compile(string code) => Continue(_last, code, "").GetCompilation();

    private Script<object> Continue(Link? last, string code, string name)
    {
        var options = ScriptOptions
            .Default.WithFilePath(name)
            .WithFileEncoding(Encoding.UTF8)
            .WithEmitDebugInformation(true) // for errors with lines
            .WithOptimizationLevel(OptimizationLevel.Release)
            .WithLanguageVersion(LanguageVersion.Latest)
            .WithAllowUnsafe(true);
        var script = last is null
            ? CSharpScript.Create<object>(
                code,
                options.WithReferences(references.All).WithImports(UsualImports.Concat(imports)),
                typeof(CellGlobals),
                references.Loader
            )
            : last.State.Script.ContinueWith<object>(
                code,
                options.WithReferences(references.All.Skip(last.References)).WithImports()
            );
        // Asking for the assembly binds the references. Two compilations that do so at once, a cell's and a
        // completion's, would each make symbols of their own for the same metadata, and later cells would meet types of
        // both.
        lock (_binding)
            _ = script.GetCompilation().Assembly;
        return script;
    }

    private sealed record Link(ScriptState<object> State, int References);
}
