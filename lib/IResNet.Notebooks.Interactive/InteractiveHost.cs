using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Microsoft.DotNet.Interactive;
using Microsoft.DotNet.Interactive.Commands;
using Microsoft.DotNet.Interactive.Events;
using Microsoft.DotNet.Interactive.Formatting;

namespace IResNet.Notebooks.Interactive;

/// <summary>.NET Interactive as the notebooks' host. Made in the cell that uses the library first.</summary>
public sealed class InteractiveHost : INotebookHost
{
    private readonly PosixSignalRegistration? _interrupt;
    private volatile KernelInvocationContext? _running;
    private ConcurrentQueue<string> _shown = new();

    /// <summary>Takes the kernel of the running cell into service.</summary>
    /// <exception cref="InvalidOperationException">No cell is running.</exception>
    public InteractiveHost()
    {
        var cell = Running;
        _running = cell;
        InteractiveFormatters.Register();
        AppDomain.CurrentDomain.AssemblyLoad += (_, loaded) =>
        {
            if (loaded.LoadedAssembly.GetName().Name == "Plotly.NET")
                InteractiveFormatters.RegisterPlotly();
        };
        cell.HandlingKernel.AddMiddleware(Run);
        if (Environment.GetCommandLineArgs().Contains("jupyter"))
            _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        // Plotly.NET 6 asks for a newer FSharp.Core than the kernel's, and runs with that one.
        AssemblyLoadContext.Default.Resolving += (_, name) =>
            name.Name == "FSharp.Core" ? LoadedAssemblies(name.Name).FirstOrDefault() : null;
        cell.DisplayAs(PlotlyPage.Script(), HtmlFormatter.MimeType);
    }

    /// <inheritdoc/>
    public CancellationToken CancellationToken =>
        KernelInvocationContext.Current?.CancellationToken ?? CancellationToken.None;

    private static KernelInvocationContext Running =>
        KernelInvocationContext.Current ?? throw new InvalidOperationException("No cell is running here.");

    /// <inheritdoc/>
    /// <remarks>
    /// Not <c>value.Display()</c>: the handle that it returns has another id than what it showed.
    /// </remarks>
    public Action<object> Show(object value) => Running.Display(value).Update;

    /// <inheritdoc/>
    public async Task<string?> Ask(string prompt)
    {
        try
        {
            return await Kernel.GetInputAsync(prompt);
        }
        catch (Exception refused) when (refused.Message.Contains(nameof(NoSuitableKernelException)))
        {
            return null; // no frontend that could ask
        }
    }

    /// <inheritdoc/>
    /// <remarks>The kernel cannot remove outputs: what was shown becomes empty; printed text stays.</remarks>
    public void Clear()
    {
        var cell = Running;
        FormattedValue[] nothing = [new(PlainTextFormatter.MimeType, "")];
        while (_shown.TryDequeue(out string? id))
            cell.Publish(new DisplayedValueUpdated("", id, cell.Command, nothing));
    }

    internal static IEnumerable<System.Reflection.Assembly> LoadedAssemblies(string name) =>
        AppDomain
            .CurrentDomain.GetAssemblies()
            .Where(assembly => assembly.GetName().Name == name && !assembly.IsCollectible);

    private async Task Run(KernelCommand command, KernelInvocationContext cell, KernelPipelineContinuation next)
    {
        if (command is not SubmitCode)
        {
            await next(command, cell);
            return;
        }
        _running = cell;
        var shown = _shown = new ConcurrentQueue<string>();
        using var showing = cell.KernelEvents.Subscribe(happened =>
        {
            if (happened is DisplayedValueProduced { ValueId: { } id })
                shown.Enqueue(id);
        });
        // As in the workbook's own programs: numbers are written alike everywhere, and threads from before
        // Cell.Begin() flush denormals as well.
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        NativeRuntime.FlushDenormals();
        InteractiveFormatters.RegisterPlotly();
        await next(command, cell);
        // What is shown after the command's end is dropped: live charts are brought up to date before it.
        LiveFigure.FlushAll();
    }

    /// <summary>
    /// Jupyter's interrupt. The kernel's web host has a handler as well, which comes after this one on the same thread
    /// and would end the process: this one never returns.
    /// </summary>
    private void Stop(PosixSignalContext signal)
    {
        signal.Cancel = true;
        // Cancels the cell's token. An exception that was never thrown would be shown as nothing: a message is not.
        if (_running is { } cell)
            cell.Fail(cell.Command, message: "The cell was stopped.");
        Thread.Sleep(Timeout.Infinite);
    }
}
