using System.Diagnostics;
using System.Runtime.InteropServices;

namespace IResNet.Cpu;

/// <summary>What a call of a function needs besides tensors.</summary>
/// <param name="Resources">Memory and threads.</param>
internal abstract record FunctionCall(CpuResources Resources);

/// <summary>
/// A differentiable function whose backward pass is written by hand. What all of them owe to libtorch stands here: an
/// output that a loss does not use has no cotangent; no exception reaches native code, where it would end the process;
/// and where a graph of the gradient is asked for, the gradient is composed of torch's operations, so that it can be
/// differentiated again.
/// </summary>
/// <typeparam name="TSelf">The function.</typeparam>
/// <typeparam name="TCall">What a call needs besides tensors.</typeparam>
internal abstract class HandWrittenFunction<TSelf, TCall> : autograd.MultiTensorFunction<TSelf>
    where TSelf : HandWrittenFunction<TSelf, TCall>, new()
    where TCall : FunctionCall
{
    private const string Key = "state";

    /// <inheritdoc/>
    public sealed override string Name => typeof(TSelf).Name.Split('`')[0];

    /// <summary>The outputs, in the caller's dispose scope.</summary>
    protected static List<Tensor> Run(TCall call, params Tensor[] inputs)
    {
        using var scope = NewDisposeScope();
        bool differentiable = is_grad_enabled() && inputs.Any(input => input.requires_grad);
        var tripwire = differentiable ? call.Resources.Tripwires.Current : null;
        var guards = tripwire?.Guard(inputs.Where(input => input.requires_grad)) ?? [];
        var outputs = apply([.. inputs, .. guards, new State(call, inputs.Length, guards.Length, tripwire)]);
        outputs.ForEach(output => output.MoveToOuterDisposeScope());
        return outputs;
    }

    /// <summary>The outputs, and what the backward pass needs. Temporary tensors live in a scope around.</summary>
    /// <param name="call">As given to <see cref="Run"/>.</param>
    /// <param name="inputs">As given to <see cref="Run"/>.</param>
    /// <param name="differentiable">Whether a backward pass can follow.</param>
    /// <returns>
    /// What is saved must be inputs as they were given, outputs, or tensors of the function's own: these alone are
    /// connected to the graph.
    /// </returns>
    protected abstract (List<Tensor> outputs, List<Tensor> saved) Forward(
        TCall call,
        Tensor[] inputs,
        bool differentiable
    );

    /// <summary>The gradients by hand, without a graph.</summary>
    /// <param name="call">As given to <see cref="Run"/>.</param>
    /// <param name="saved">As <see cref="Forward"/> saved them.</param>
    /// <param name="cotangents">One for each output, at least one of them; null where the loss does not depend on
    /// it.</param>
    /// <returns>One for each input, each a handle of its own; null for zero.</returns>
    protected abstract IEnumerable<Tensor?> Backward(TCall call, List<Tensor> saved, Tensor?[] cotangents);

    /// <summary>The same by torch's operations on what was saved, with a graph.</summary>
    protected abstract IEnumerable<Tensor?> Differentiable(TCall call, List<Tensor> saved, Tensor?[] cotangents);

    /// <inheritdoc/>
    public sealed override List<Tensor> forward(autograd.AutogradContext context, params object[] inputs)
    {
        var state = (State)inputs[^1];
        // Otherwise TorchSharp fills in zeros shaped like copies of the outputs, which live in dispose scopes that have
        // ended by then.
        context.set_materialize_grads(false);
        var (outputs, saved) = Forward(
            state.Call,
            [.. inputs.Take(state.Inputs).Cast<Tensor>()],
            state.Tripwire is not null
        );
        context.save_for_backward(saved);
        context.save_data(Key, state);
        return outputs;
    }

    /// <inheritdoc/>
    public sealed override List<Tensor> backward(autograd.AutogradContext context, List<Tensor> cotangents)
    {
        var state = (State)context.get_data(Key);
        state.Call.Resources.Tripwires.Renew();
        try
        {
            using var scope = NewDisposeScope();
            Tensor?[] given = [.. cotangents.Select(cotangent => cotangent is { IsInvalid: false } ? cotangent : null)];
            List<Tensor> saved;
            try
            {
                saved = context.get_saved_variables();
            }
            catch (ExternalException)
            {
                // Something saved has been changed in place. libtorch says so itself, a node further.
                state.Tripwire!.Trip();
                return state.Gradients([]);
            }
            if (given.All(cotangent => cotangent is null))
                return state.Gradients([]);
            // Gradient mode is on in a backward pass exactly where create_graph was asked for.
            var gradients = is_grad_enabled()
                ? Differentiable(state.Call, saved, given)
                : Backward(state.Call, saved, given);
            var result = state.Gradients(gradients);
            cotangents.ForEach(cotangent => cotangent?.Dispose());
            state.Call.Resources.HandedOver.Replace(result);
            return result;
        }
        catch (Exception fault)
        {
            Trace.TraceError($"The backward pass of {Name} failed: {fault}");
            return state.Refused();
        }
    }

    /// <summary>
    /// Gradients with a graph, of outputs that have been computed again by torch's operations.
    /// </summary>
    protected static IEnumerable<Tensor?> Gradients(
        IEnumerable<Tensor?> outputs,
        IEnumerable<Tensor?> cotangents,
        IReadOnlyList<Tensor> inputs
    )
    {
        // libtorch ends the process where autograd.grad is given what has no graph.
        var pairs = outputs
            .Zip(cotangents)
            .Where(pair => pair is { First.requires_grad: true, Second: not null })
            .ToList();
        var results = new Tensor?[inputs.Count];
        int[] wanted = [.. Enumerable.Range(0, inputs.Count).Where(i => inputs[i].requires_grad)];
        if (pairs.Count == 0 || wanted.Length == 0)
            return results;
        var gradients = autograd.grad(
            [.. pairs.Select(pair => pair.First!)],
            [.. wanted.Select(i => inputs[i])],
            [.. pairs.Select(pair => pair.Second!)],
            retain_graph: true,
            create_graph: true,
            allow_unused: true
        );
        for (int i = 0; i < wanted.Length; i++)
            results[wanted[i]] = gradients[i].IsInvalid ? null : gradients[i];
        return results;
    }

    /// <summary>What goes along with the graph's node.</summary>
    private sealed record State(TCall Call, int Inputs, int Guards, Tripwire? Tripwire)
    {
        /// <summary>One gradient for each argument of the function: none for guards and this object.</summary>
        public List<Tensor> Gradients(IEnumerable<Tensor?> gradients)
        {
            var list = gradients.ToList();
            list.AddRange(new Tensor?[Inputs + Guards + 1 - list.Count]);
            return list!;
        }

        /// <summary>
        /// Gradients of a shape that no input has: libtorch refuses them, with an exception that its own callers catch.
        /// </summary>
        public List<Tensor> Refused() => Gradients(Enumerable.Range(0, Inputs).Select(_ => empty(Array.Empty<long>())));
    }
}
