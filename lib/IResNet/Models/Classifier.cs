namespace IResNet;

/// <summary>
/// The classifier of Table 2: a single-scale i-ResNet, then BatchNorm, ReLU, average pooling over the map and a linear
/// layer. Everything before the head can be inverted: reconstructions start from <see cref="Features"/>.
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
    public Classifier(FlowConfig config, int classes)
        : base(nameof(Classifier))
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

    /// <summary>
    /// Sets the head's BatchNorm to mean and variance of these images' features under the present weights, as PyTorch's
    /// <c>update_bn</c> does. The statistics that training leaves behind are those of the last batch, and of norms as
    /// power iteration estimated them: certified ones are larger, so freezing shrinks the features. Freeze the body
    /// first, then call this.
    /// </summary>
    /// <param name="batches">Training images, (n, channels, height, width) each; two positions or more in all. They
    /// stay the caller's.</param>
    /// <exception cref="ArgumentException">There are fewer than two positions.</exception>
    /// <exception cref="ShapeException">A batch does not fit the model.</exception>
    /// <exception cref="NonFiniteException">A batch holds NaN or an infinity.</exception>
    public void UpdateBatchNorm(IEnumerable<Tensor> batches)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (sum, squares) = (
            zeros_like(_norm.running_mean!, dtype: ScalarType.Float64),
            zeros_like(_norm.running_var!, dtype: ScalarType.Float64)
        );
        long positions = 0;
        foreach (var batch in batches)
        {
            using var step = NewDisposeScope();
            var features = Features(batch).to(ScalarType.Float64);
            sum.add_(features.sum([0, 2, 3]));
            squares.add_(features.square().sum([0, 2, 3]));
            positions += features.numel() / features.size(1);
        }
        if (positions < 2)
            throw new ArgumentException($"{positions} positions have no variance: pass more images.", nameof(batches));
        var mean = sum / positions;
        _norm.running_mean!.copy_(mean);
        _norm.running_var!.copy_((squares / positions - mean.square()) * positions / (positions - 1));
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
