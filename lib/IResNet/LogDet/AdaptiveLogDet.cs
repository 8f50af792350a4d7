namespace IResNet;

/// <summary>
/// ln det(I + J) to a stated error: <see cref="Arnoldi"/> with as many steps as the bias bound asks for, and
/// <see cref="ColouredProbes"/> with as many colours and repetitions as the standard error asks for. For evaluation; no
/// gradients.
/// </summary>
public sealed class AdaptiveLogDet : LogDetEstimator
{
    // Two repetitions say how far they scatter; the batch's examples say it together.
    private const int LeastRepeats = 2,
        MostRepeats = 10_000,
        MostSteps = 60;

    // Two steps see J and J^2, which hold most of the scatter.
    private const int PilotSteps = 2;

    // The variance falls at least with the sixth power of the stride: strides that would still be too coarse are left
    // out.
    private const double Leap = 1.0 / 6;

    private readonly double _standardError,
        _bias;
    private readonly Generator? _generator;

    /// <summary>Sets the error.</summary>
    /// <param name="error">Largest standard error of an example's value and largest bias, each, in nats; more than
    /// 0.</param>
    /// <param name="generator">The random stream; by default torch's own.</param>
    public AdaptiveLogDet(double error, Generator? generator = null)
        : this(error, error, generator) { }

    /// <summary>As the other constructor, with two errors.</summary>
    /// <param name="standardError">Largest standard error of an example's value, in nats; more than 0.</param>
    /// <param name="bias">Largest bias, in nats; more than 0.</param>
    /// <param name="generator">The random stream; by default torch's own.</param>
    public AdaptiveLogDet(double standardError, double bias, Generator? generator = null)
    {
        if (!(standardError > 0))
            throw new ArgumentOutOfRangeException(
                nameof(standardError),
                standardError,
                "The standard error must be more than 0."
            );
        if (!(bias > 0))
            throw new ArgumentOutOfRangeException(nameof(bias), bias, "The bias must be more than 0.");
        (_standardError, _bias, _generator) = (standardError, bias, generator);
    }

    /// <inheritdoc/>
    public override Tensor Estimate(Linearization g)
    {
        using var scope = NewDisposeScope();
        return Evaluate(g).Value.to(g.Value.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The value with its errors.</summary>
    /// <exception cref="ArgumentException">The branch's Lipschitz bound is not below 1, or so close that the bias
    /// cannot be bounded as asked.</exception>
    public LogDetEstimate Evaluate(Linearization g)
    {
        if (g.LipschitzBound is var lipschitz and not < 1)
            throw new ArgumentException(
                $"No error can be stated where Lip(g) is not known to be below 1 (its bound is {lipschitz:g4}). "
                    + "Freeze the model with certified norms.",
                nameof(g)
            );
        using var scope = NewDisposeScope();
        int products = 0;
        int steps = StepsFor(g, ref products);
        while (true)
        {
            var sample = Sample(g, steps, ref products);
            if (sample.BiasBound <= _bias)
            {
                sample.Value.MoveToOuterDisposeScope();
                return sample with { Products = products };
            }
            // The probe that set the number of steps was luckier than these.
            steps = More(steps, sample.BiasBound);
        }
    }

    /// <summary>The least number of steps at which one probe's bound is small enough.</summary>
    private int StepsFor(Linearization g, ref int products)
    {
        for (int steps = 2; ; steps++)
        {
            using var scope = NewDisposeScope();
            double bound = new Arnoldi(steps, 1, new RademacherProbes(_generator))
                .Evaluate(g)
                .biasBound.max()
                .ToDouble();
            products += steps;
            if (bound <= _bias)
                return steps;
            More(steps, bound);
        }
    }

    private int More(int steps, double bound) =>
        steps < MostSteps
            ? steps + 1
            : throw new ArgumentException(
                $"{steps} steps still leave a bias of up to {bound:g3} nats, but {_bias:g3} was asked for: Lip(g) is "
                    + "too close to 1."
            );

    /// <summary>
    /// Finer and finer colours, until repeating the present ones is cheaper than to try the next. How far estimates
    /// scatter is found with few steps: the bias, which the others are for, is far smaller.
    /// </summary>
    private LogDetEstimate Sample(Linearization g, int steps, ref int products)
    {
        long largest = g.Shape.Skip(2).DefaultIfEmpty(1).Max();
        int pilotSteps = Math.Min(PilotSteps, steps);
        for (int stride = 1; ; stride++)
        {
            var probes = new ColouredProbes(stride, _generator);
            int colours = probes.Colours(g.Shape);
            bool exact = stride >= largest;
            double variance = 0;
            if (!exact)
            {
                var pilot = new Repeats(new Arnoldi(pilotSteps, colours, probes), g);
                for (int i = 0; i < LeastRepeats; i++)
                    pilot.Add();
                products += pilot.Count * colours * pilotSteps;
                variance = pilot.Variance;
                double needed = variance / (_standardError * _standardError);
                int next = Math.Max(stride + 1, (int)Math.Min(largest, Math.Ceiling(Math.Pow(needed, Leap))));
                if (
                    Math.Ceiling(needed) * colours * steps
                    > new ColouredProbes(next).Colours(g.Shape) * (steps + LeastRepeats * pilotSteps)
                )
                {
                    stride = next - 1;
                    continue;
                }
            }
            var repeats = new Repeats(new Arnoldi(steps, colours, probes), g);
            do repeats.Add();
            while (
                Math.Sqrt(Math.Max(variance, repeats.Variance) / repeats.Count) > _standardError
                && repeats.Count < MostRepeats
            );
            products += repeats.Count * colours * steps;
            return new(
                repeats.Mean(),
                Math.Sqrt(Math.Max(variance, repeats.Variance) / repeats.Count),
                repeats.BiasBound,
                products
            );
        }
    }

    /// <summary>Independent estimates of the same log-determinants.</summary>
    private sealed class Repeats(Arnoldi arnoldi, Linearization g)
    {
        private readonly List<Tensor> _values = [];
        private Tensor? _bounds;

        public int Count => _values.Count;

        /// <summary>
        /// Of one estimate: the mean over the examples of each one's sample variance; 0 for a single, exact one.
        /// </summary>
        public double Variance => Count == 1 ? 0 : stack(_values).var(0, unbiased: true).mean().ToDouble();

        /// <summary>Bounds of means are means of bounds.</summary>
        public double BiasBound => (_bounds! / Count).max().ToDouble();

        public Tensor Mean() => stack(_values).mean([0]);

        public void Add()
        {
            var (value, bound) = arnoldi.Evaluate(g);
            _values.Add(value);
            _bounds = _bounds is null ? bound : _bounds + bound;
        }
    }
}
