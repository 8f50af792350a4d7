namespace NotebookEngine.Running;

/// <summary>
/// What the <c>using</c> declarations at the top level of a cell declared, released in reverse order at its end.
/// </summary>
internal sealed class CellResources
{
    private readonly Stack<object> _owned = new();

    /// <param name="resource">An <see cref="IDisposable"/>, or an <see cref="IAsyncDisposable"/> to be awaited.</param>
    public void Own(object resource) => _owned.Push(resource);

    /// <summary>Releases all, on the calling thread.</summary>
    /// <exception cref="Exception">The first that a release threw; the others are released all the same.</exception>
    public void Release()
    {
        Exception? first = null;
        while (_owned.TryPop(out object? resource))
        {
            try
            {
                if (resource is AsyncResource { Disposable: var disposable })
                    CellPump.Run(async () =>
                    {
                        await disposable.DisposeAsync();
                        return 0;
                    });
                else
                    ((IDisposable)resource).Dispose();
            }
            catch (Exception e)
            {
                first ??= e;
            }
        }
        if (first is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
    }

    /// <summary>What <c>await using</c> declared.</summary>
    public sealed record AsyncResource(IAsyncDisposable Disposable);
}
