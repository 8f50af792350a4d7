using Trace = System.Diagnostics.Trace;

namespace IResNet;

/// <summary>
/// An affine map per channel, initialised by the first training batch to zero mean and unit variance (Glow; section 4
/// of the paper): x exp(s) + b, or (x + b) exp(s), see <see cref="ActNormForm"/>. It stands outside the residual
/// branch, so no Lipschitz bound constrains it.
/// </summary>
public sealed class ActNorm : Bijection
{
    private const double Epsilon = 1e-5;

    [ComponentName(Name = "log_scale")]
    private readonly Parameter _logScale;

    [ComponentName(Name = "shift")]
    private readonly Parameter _shift;

    [ComponentName(Name = "initialized")]
    private readonly Tensor _initialized;

    /// <summary>The identity, until it is initialised.</summary>
    /// <param name="channels">Channels, at least 1.</param>
    /// <param name="form">Which parameters describe the map.</param>
    public ActNorm(int channels, ActNormForm form = ActNormForm.ScaleFirst)
        : base(nameof(ActNorm))
    {
        Guard.AtLeast(channels, 1, nameof(channels));
        Form = form;
        using var scope = NewDisposeScope();
        _logScale = new Parameter(zeros(channels, device: CPU));
        _shift = new Parameter(zeros(channels, device: CPU));
        _initialized = zeros(1, ScalarType.Bool, CPU);
        RegisterComponents();
        this.KeepFromDisposeScope();
    }

    /// <summary>Which parameters describe the map.</summary>
    public ActNormForm Form { get; }

    /// <summary>s, one per channel.</summary>
    public Parameter LogScale => _logScale;

    /// <summary>b, one per channel.</summary>
    public Parameter Shift => _shift;

    /// <summary>
    /// Whether the scale and shift are set. Part of the saved state: loading a model never re-initialises it.
    /// </summary>
    public bool IsInitialized
    {
        get => _initialized.ReadBoolean();
        set
        {
            using (no_grad())
                _initialized.fill_(value);
        }
    }

    /// <summary>
    /// What is doubtful about the batch that initialised it: a single example, or channels that are constant, whose
    /// scale is then only bounded by the variance's floor. Null where nothing is. Also sent to
    /// <see cref="Trace.TraceWarning(string)"/>, and to the sink of a training.
    /// </summary>
    public string? Warning { get; private set; }

    /// <summary>
    /// Sets scale and shift so that this batch comes out with zero mean and unit variance in every channel.
    /// </summary>
    /// <exception cref="NonFiniteException">The batch holds NaN or an infinity.</exception>
    public void Initialize(Tensor x)
    {
        Check(x);
        Guard.Finite(x, "The batch that initialises ActNorm");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var values = x.transpose(0, 1).flatten(1);
        var mean = values.mean([1]);
        var variance = (values - mean.unsqueeze(1)).square().mean([1]);
        var logScale = -0.5 * (variance + Epsilon).log();
        _logScale.copy_(logScale);
        _shift.copy_(Form == ActNormForm.ScaleFirst ? -mean * logScale.exp() : -mean);
        IsInitialized = true;
        Warning = Doubt(x.size(0), (long)(variance < Epsilon).sum().ReadDouble());
        if (Warning is not null)
            Trace.TraceWarning(Warning);
    }

    /// <summary>y, and H W times the sum of s. In training mode the first batch initialises.</summary>
    /// <exception cref="ShapeException">x has the wrong number of channels or another type than the
    /// parameters.</exception>
    public override (Tensor y, Tensor logDet) forward(Tensor x)
    {
        Check(x);
        if (training && !Explaining.IsOn && !IsInitialized)
            Initialize(x);
        using var scope = NewDisposeScope();
        var shift = Form == ActNormForm.ScaleFirst ? _shift : _shift * _logScale.exp();
        var y = Backends.Serve(backend => backend.Affine(x, _logScale, shift));
        using var positions = (x.numel() / (x.size(0) * x.size(1))).ToScalar();
        var logDet = _logScale.sum().mul(positions).expand(x.size(0));
        return (y.MoveToOuterDisposeScope(), logDet.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override InverseResult Inverse(Tensor y, InverseSolver? solver = null)
    {
        Check(y);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (shift, scale) = (PerChannel(_shift, y), PerChannel(-_logScale, y).exp());
        var x = Form == ActNormForm.ScaleFirst ? (y - shift) * scale : y * scale - shift;
        return Exact(x.MoveToOuterDisposeScope());
    }

    /// <summary>The largest exp(-s).</summary>
    public override double InverseLipschitzBound()
    {
        using var scope = NewDisposeScope();
        return Math.Exp(-_logScale.amin([0]).ReadDouble());
    }

    /// <summary>The same in every norm.</summary>
    public override double InverseLipschitzBoundIn(double order) => InverseLipschitzBound();

    private string? Doubt(long examples, long constant) =>
        (examples, constant) switch
        {
            (1, _) => "ActNorm was initialised from a single example, whose mean and variance say little of others: "
                + "their outputs can be of any size. Initialise it from a batch of some hundred.",
            (_, > 0) => $"ActNorm was initialised from a batch in which {constant} of {_logScale.size(0)} channels "
                + $"are constant (variance below {Epsilon:g1}). That is right for injective padding alone: what varies "
                + $"there later is scaled by up to {1 / Math.Sqrt(Epsilon):f0}. Initialise it from a batch that "
                + "varies.",
            _ => null,
        };

    private void Check(Tensor x)
    {
        Guard.Channels(x, _logScale.size(0));
        Guard.SameType(x, _logScale);
    }

    private static Tensor PerChannel(Tensor values, Tensor x) =>
        values.view([1, -1, .. Enumerable.Repeat(1L, (int)x.dim() - 2)]);
}

/// <summary>
/// The parameters of an <see cref="ActNorm"/>. The maps are the same, but not the steps that an optimiser takes.
/// </summary>
public enum ActNormForm
{
    /// <summary>x exp(s) + b, of the i-ResNet code.</summary>
    ScaleFirst,

    /// <summary>(x + b) exp(s), of Glow, and of Residual Flows and i-DenseNets.</summary>
    ShiftFirst,
}
