namespace IResNet;

/// <summary>
/// The classifier of Table 2: a single-scale i-ResNet, then BatchNorm, ReLU, average pooling over the map and a linear layer. Everything before the head can be
/// inverted: reconstructions start from <see cref="Features"/>.
/// </summary>
public sealed class Classifier : nn.Module<Tensor, Tensor>
{
    // The official code's 0.9 counts the new batch, as PyTorch does: running = 0.1 old + 0.9 new.
    private const double BatchNormMomentum = 0.9;

    [ComponentName(Name = "body")]
    private readonly SingleScaleFlow _body;
    [ComponentName(Name = "norm")]
    private readonly BatchNorm2d _norm;
    [ComponentName(Name = "logits")]
    private readonly Linear _logits;

    /// <summary>Builds the network; the seed of torch's generator decides the initial weights.</summary>
    /// <param name="config">The body's architecture.</param>
    /// <param name="classes">Number of classes, at least 2.</param>
    public Classifier(FlowConfig config, int classes) : base(nameof(Classifier))
    {
        Guard.AtLeast(classes, 2, nameof(classes));
        _body = new SingleScaleFlow(config);
        _body.WithEstimator(new NoLogDet());
        _norm = nn.BatchNorm2d(_body.Output.Channels, momentum: BatchNormMomentum);
        _logits = nn.Linear(_body.Output.Channels, classes);
        RegisterComponents();
    }

    /// <summary>The invertible part.</summary>
    public SingleScaleFlow Body => _body;

    /// <summary>The head's BatchNorm.</summary>
    public BatchNorm2d Norm => _norm;

    /// <summary>The head's linear layer.</summary>
    public Linear Logits => _logits;

    /// <summary>Logits, shape (n, classes).</summary>
    /// <exception cref="ShapeException">x does not fit the model, in shape or type.</exception>
    /// <exception cref="NonFiniteException">x holds NaN or an infinity.</exception>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var features = Features(x);
        var pooled = _norm.Normalize(features).relu().mean([2, 3]);
        return _logits.forward(pooled).MoveToOuterDisposeScope();
    }

    /// <summary>F(x), the last feature map, from which <c>Body.Transform.Inverse</c> reconstructs x.</summary>
    public Tensor Features(Tensor x)
    {
        Guard.Images(x, _body.Config.Input);
        Guard.SameType(x, _logits.weight!);
        Guard.Finite(x, "The input");
        using var scope = NewDisposeScope();
        return _body.Transform.forward(x).y.MoveToOuterDisposeScope();
    }
}
