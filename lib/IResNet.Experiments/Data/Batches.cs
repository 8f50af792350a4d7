using System.Runtime.InteropServices;
using TorchSharp;

namespace IResNet.Experiments.Data;

/// <summary>How a data set is cut into batches.</summary>
public sealed record BatchOptions
{
    /// <summary>Images per batch; the last of an epoch may have fewer.</summary>
    public int Size { get; init; } = 128;

    /// <summary>A new order in each epoch. Without it, the images come as they lie.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>Leaves out an epoch's last batch when it would be smaller.</summary>
    public bool DropLast { get; init; }

    /// <summary>Where the tensors go; the CPU by default.</summary>
    public torch.Device? Device { get; init; }

    /// <summary>The type of the images.</summary>
    public torch.ScalarType Type { get; init; } = torch.ScalarType.Float32;
}

/// <summary>
/// An endless sequence of batches, epoch after epoch, each image once per epoch. The next batch is made on another
/// thread while the caller works with this one; what it holds depends on the state alone, so <see cref="State"/> can be
/// saved and the sequence continued bit for bit. Not thread-safe.
/// </summary>
public sealed class Batches
{
    private readonly ImageSplit _data;
    private readonly Preprocessing _preprocessing;
    private readonly BatchOptions _options;
    private readonly ImageShape _shape;
    private readonly float[] _pixels;
    private readonly long[] _labels;
    private int[] _order = [];
    private (ulong Seed, int Epoch)? _orderOf;
    private Task<int>? _next;

    /// <summary>Starts at the beginning.</summary>
    /// <param name="data">The images.</param>
    /// <param name="preprocessing">What is done to them.</param>
    /// <param name="seed">The seed of order and augmentation.</param>
    /// <param name="options">How they are cut into batches.</param>
    /// <inheritdoc cref="Batches(ImageSplit, Preprocessing, BatchState, BatchOptions?)" path="/exception"/>
    public Batches(ImageSplit data, Preprocessing preprocessing, ulong seed, BatchOptions? options = null)
        : this(data, preprocessing, new BatchState(seed), options) { }

    /// <summary>Continues where another sequence stood.</summary>
    /// <param name="data">The images.</param>
    /// <param name="preprocessing">What is done to them.</param>
    /// <param name="state">The other's <see cref="State"/>.</param>
    /// <param name="options">How they are cut into batches.</param>
    /// <exception cref="ArgumentException">There are no images, the batch is smaller than 1 or larger than the data
    /// set, the preprocessing does not fit the images, or the state is not of this data set.</exception>
    public Batches(ImageSplit data, Preprocessing preprocessing, BatchState state, BatchOptions? options = null)
    {
        options ??= new();
        if (data.Count == 0)
            throw new ArgumentException("There are no images to make batches of.", nameof(data));
        if (options.Size < 1 || options.Size > data.Count)
            throw new ArgumentException(
                $"Batches of {options.Size} cannot be made of {data.Count:N0} images: choose 1 to {data.Count:N0}.",
                nameof(options)
            );
        if (state.Epoch < 0 || state.Position < 0 || state.Position >= data.Count)
            throw new ArgumentException($"{state} is no place in a data set of {data.Count:N0} images.", nameof(state));
        preprocessing.Check(data.Shape);

        (_data, _preprocessing, _options, _shape) = (data, preprocessing, options, preprocessing.Output(data.Shape));
        (_pixels, _labels) = (new float[options.Size * _shape.Dimensions], new long[options.Size]);
        State = SkipRest(state);
    }

    /// <summary>Where the sequence stands: after the batch that was handed out last.</summary>
    public BatchState State { get; private set; }

    /// <summary>The shape of one image as it comes.</summary>
    public ImageShape Shape => _shape;

    /// <summary>Batches in a whole epoch.</summary>
    public int PerEpoch =>
        _options.DropLast ? _data.Count / _options.Size : (_data.Count + _options.Size - 1) / _options.Size;

    /// <summary>The next batch.</summary>
    /// <param name="cancel">Stops the waiting for it; the batch is not lost then.</param>
    public Batch Next(CancellationToken cancel = default)
    {
        _next ??= Prepare();
        int count = _next.WaitAsync(cancel).GetAwaiter().GetResult();
        // Tensors are made here and not on the other thread: dispose scopes belong to threads.
        var images = ToTensor<float>(
            _pixels.AsSpan(0, count * _shape.Dimensions),
            [count, _shape.Channels, _shape.Height, _shape.Width],
            torch.ScalarType.Float32,
            _options.Type
        );
        var labels = ToTensor<long>(_labels.AsSpan(0, count), [count], torch.ScalarType.Int64, torch.ScalarType.Int64);
        State = SkipRest(State with { Position = State.Position + count });
        _next = Prepare();
        return new Batch(images, labels);
    }

    /// <summary>The batches up to the end of this epoch.</summary>
    /// <param name="cancel">Stops between two batches.</param>
    public IEnumerable<Batch> Epoch(CancellationToken cancel = default)
    {
        for (int epoch = State.Epoch; State.Epoch == epoch;)
            yield return Next(cancel);
    }

    /// <summary>The place at which there is a batch: from an epoch's end, the start of the next.</summary>
    private BatchState SkipRest(BatchState state)
    {
        int left = _data.Count - state.Position;
        return left == 0 || (_options.DropLast && left < _options.Size)
            ? state with
            {
                Epoch = checked(state.Epoch + 1),
                Position = 0,
            }
            : state;
    }

    private Task<int> Prepare()
    {
        var state = State;
        return Task.Run(() =>
        {
            if (_orderOf != (state.Seed, state.Epoch))
            {
                _order = Order(state);
                _orderOf = (state.Seed, state.Epoch);
            }
            int count = Math.Min(_options.Size, _data.Count - state.Position);
            for (int i = 0; i < count; i++)
            {
                int index = _order[state.Position + i];
                _labels[i] = _data.Label(index);
                _preprocessing.Apply(
                    _data.Image(index),
                    _data.Shape,
                    state.Seed,
                    state.Epoch,
                    index,
                    _pixels.AsSpan(i * _shape.Dimensions, _shape.Dimensions)
                );
            }
            return count;
        });
    }

    /// <summary>The epoch's order: a uniform permutation (Fisher and Yates).</summary>
    private int[] Order(BatchState state)
    {
        int[] order = [.. Enumerable.Range(0, _data.Count)];
        if (!_options.Shuffle)
            return order;
        var random = new Philox(state.Seed, (RandomStreams.Order, (uint)state.Epoch, 0));
        for (int last = order.Length - 1; last > 0; last--)
        {
            int other = random.NextInt32(last + 1);
            (order[last], order[other]) = (order[other], order[last]);
        }
        return order;
    }

    private torch.Tensor ToTensor<T>(
        ReadOnlySpan<T> values,
        long[] shape,
        torch.ScalarType type,
        torch.ScalarType finalType
    )
        where T : unmanaged
    {
        var tensor = torch.empty(shape, type, torch.CPU);
        values.CopyTo(MemoryMarshal.Cast<byte, T>(tensor.bytes));
        return tensor.to(finalType, _options.Device ?? torch.CPU, disposeAfter: true);
    }
}
