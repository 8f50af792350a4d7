using IResNet.Experiments.Data;
using IResNet.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Training;

/// <summary>A density training whose loss or images are changed on the way.</summary>
internal sealed class Sabotaged(MultiscaleFlow flow, Func<int, Tensor, Tensor> change, Action<Tensor>? spoil = null)
    : TrainingTask(flow, Tiny.Options)
{
    private readonly DensityTask _inner = new(
        flow,
        Tiny.Splits(Tiny.Corners()),
        Preprocessing.MnistDensity,
        Tiny.Options
    );
    private int _step;

    public override Flow Flow => flow;

    public override int StepsPerEpoch => _inner.StepsPerEpoch;

    public override BatchState Position
    {
        get => _inner.Position;
        set => _inner.Position = value;
    }

    public override Tensor InitialExamples() => _inner.InitialExamples();

    public override Batch Next()
    {
        var batch = _inner.Next();
        spoil?.Invoke(batch.Images);
        return batch;
    }

    public override Tensor Loss(Batch batch) => change(_step++, _inner.Loss(batch));

    public override Evaluation Evaluate(HeldOut examples, CancellationToken cancel) =>
        _inner.Evaluate(examples, cancel);

    public override Tensor Pictures(int count) => _inner.Pictures(count);

    public override void Dispose()
    {
        _inner.Dispose();
        base.Dispose();
    }
}
