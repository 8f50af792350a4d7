using System.Diagnostics;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.Scripting;
using NotebookEngine.Cells;
using NotebookEngine.References;
using NotebookEngine.Source;

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

    /// <summary>The variables of the cells run so far, by name; of those declared again the last.</summary>
    public IEnumerable<ScriptVariable> Variables =>
        _last is { } last
            ? last.State.Variables.Reverse().DistinctBy(v => v.Name).OrderBy(v => v.Name, StringComparer.Ordinal)
            : [];

    /// <summary>Compiles and runs code on the calling thread, to the end of what it awaits.</summary>
    /// <param name="part">The code.</param>
    /// <param name="name">The name by which error messages call it.</param>
    /// <param name="cell">
    /// The cell on whose behalf it runs: it cancels the compilation, and owns what <c>using</c> declares.
    /// </param>
    /// <param name="clock">Runs while the code runs, and not while it is compiled; null for none.</param>
    /// <returns>The value of the last expression.</returns>
    /// <exception cref="CompilationErrorException">It does not compile; nothing has changed.</exception>
    /// <remarks>What the code throws is thrown on; the variables assigned until then stay.</remarks>
    public object? Run(CellPart part, string name, CellContext cell, Stopwatch? clock)
    {
        var last = _last;
        int known = references.All.Length;
        var cancellationToken = cell.CancellationToken;
        var script = Continue(last, part.Text, name);
        if (part.Usings.Count > 0)
            Check(script.GetCompilation(), part.Usings);
        if (clock is not null)
        {
            // The script keeps what it was compiled to.
            _ = script.Compile(cancellationToken);
            clock.Start();
        }
        var state = CellPump.Run(() =>
            last is null
                ? script.RunAsync(_globals, static _ => true, cancellationToken)
                : script.RunFromAsync(last.State, static _ => true, cancellationToken)
        );
        clock?.Stop();
        // A cell that was left behind and ends later must not push out those that came after it.
        Interlocked.CompareExchange(ref _last, new Link(state, known), last);
        foreach (var variable in part.Usings)
        {
            if (state.GetVariable(variable.Name)?.Value is { } resource)
                cell.Resources.Own(
                    variable.IsAsync ? new CellResources.AsyncResource((IAsyncDisposable)resource) : resource
                );
        }
        if (state.Exception is { } thrown)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(thrown);
        return state.ReturnValue;
    }

    /// <summary>What code would compile to here; nothing is run.</summary>
    public Compilation Compile(string code) => Continue(_last, code, "").GetCompilation();

    /// <summary>Says of variables that cannot be released what the compiler would say of them elsewhere.</summary>
    private static void Check(Compilation compilation, IReadOnlyList<UsingVariable> variables)
    {
        var tree = compilation.SyntaxTrees.Single();
        var model = compilation.GetSemanticModel(tree);
        foreach (var variable in variables)
        {
            var node = tree.GetRoot().FindToken(variable.Position).Parent;
            var wanted = variable.IsAsync ? typeof(IAsyncDisposable) : typeof(IDisposable);
            if (
                node is null
                || model.GetDeclaredSymbol(node) is not IFieldSymbol { Type: { TypeKind: not TypeKind.Error } type }
                || type.AllInterfaces.Append(type).Any(i => i.ToDisplayString() == wanted.FullName)
            )
                continue;
            string message =
                $"'{type.ToDisplayString()}': type used in a using statement must implement " + $"'{wanted.FullName}'.";
            var error = Diagnostic.Create(
                variable.IsAsync ? "CS8410" : "CS1674",
                "Compiler",
                message,
                DiagnosticSeverity.Error,
                DiagnosticSeverity.Error,
                isEnabledByDefault: true,
                warningLevel: 0,
                location: node.GetLocation()
            );
            throw new CompilationErrorException(message, [error]);
        }
    }

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
