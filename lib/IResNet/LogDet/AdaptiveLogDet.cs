namespace IResNet;

/// <summary>
/// ln det(I + J) to a stated error: <see cref="Arnoldi"/> with as many steps as the bias bound asks for, and
/// <see cref="ColouredProbes"/> with as many colours and repetitions as the standard error asks for. For evaluation; no
/// gradients.
/// </summary>
public sealed class AdaptiveLogDet : LogDetEvaluator
{
    private const int MostSteps = 60;

    // Where to look for the scatter before a stride is chosen: two steps see J and J^2, which hold most of it, and a
    // rough figure is enough, since the error that is stated does not rest on it.
    private const int PilotSteps = 2,
        PilotValues = 8;

    // The variance decays about with the sixth power of the stride: strides that would still be too coarse are left
    // out.
    private const double Leap = 1.0 / 6;

    private readonly double _standardError,
        _bias;
    private readonly Generator? _generator;

    /// <summary>Sets the error.</summary>
    /// <param name="error">Largest standard error, root mean square over the examples, and largest bias, each, in nats;
    /// more than 0.</param>
    /// <param name="generator">The random stream; by default torch's own.</param>
    public AdaptiveLogDet(double error, Generator? generator = null)
        : this(error, error, generator) { }

    /// <summary>As the other constructor, with two errors.</summary>
    /// <param name="standardError">Largest standard error, root mean square over the examples, in nats; more than
    /// 0.</param>
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
    /// <exception cref="ArgumentException">The branch's Lipschitz bound is not below 1, or so close that the bias
    /// cannot be bounded as asked.</exception>
    public override LogDetEstimate Evaluate(Linearization g)
    {
        if (g.LipschitzBound is var lipschitz and not < 1)
            throw new ArgumentException(
                $"No error can be stated where Lip(g) is not known to be below 1 (its bound is {lipschitz:g4}). "
                    + "Freeze the model with certified norms.",
                nameof(g)
            );
        int products = 0;
        int steps = StepsFor(g, ref products);
        while (true)
        {
            var repeats = Sample(g, steps, ref products, out double variance);
            if (repeats.BiasBound <= _bias)
                return new(
                    repeats.Value(g),
                    Math.Sqrt(variance / repeats.Estimates.Count),
                    repeats.BiasBound,
                    products
                );
            // The probe that set the number of steps was luckier than these.
            steps = More(steps, repeats.BiasBound);
        }
    }

    /// <summary>The least number of steps at which one probe's bound is small enough.</summary>
    private int StepsFor(Linearization g, ref int products)
    {
        for (int steps = 2; ; steps++)
        {
            double bound = new Arnoldi(steps, 1, new RademacherProbes(_generator)).Repeat(g, 1).BiasBound;
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
    /// Stein's two-stage procedure at a stride that other estimates have chosen: some repetitions say how far they
    /// scatter, that alone says how many there have to be, and the mean is over all. It so never depends on how far the
    /// mean has come, and a chance agreement of few values ends nothing. Where the exact trace is cheaper, that.
    /// </summary>
    private ArnoldiRepeats Sample(Linearization g, int steps, ref int products, out double variance)
    {
        var probes = new ColouredProbes(StrideFor(g, steps, ref products), _generator);
        int colours = probes.Colours(g.Shape);
        var arnoldi = new Arnoldi(steps, colours, probes);
        if (colours < g.Dimensions)
        {
            var repeats = arnoldi.Repeat(g, LeastRepeats(g));
            while (!repeats.Estimates.AreEnough)
                arnoldi.Repeat(g, 1, repeats);
            int first = repeats.Estimates.Count;
            products += first * colours * steps;
            variance = repeats.Estimates.Variance;
            double further = Math.Ceiling(variance / (_standardError * _standardError)) - first;
            if (further * colours <= g.Dimensions)
            {
                if (further > 0)
                    arnoldi.Repeat(g, (int)further, repeats);
                products += Math.Max(0, (int)further) * colours * steps;
                return repeats;
            }
        }
        variance = 0;
        products += (int)g.Dimensions * steps;
        return Exact(g, steps).Repeat(g, 1);
    }

    /// <summary>Finer and finer strides, until repeating with the present one is cheaper than the next.</summary>
    private int StrideFor(Linearization g, int steps, ref int products)
    {
        int least = LeastRepeats(g),
            pilotSteps = Math.Min(PilotSteps, steps),
            pilots = Math.Max(2, PilotValues / (int)g.BatchSize);
        for (int stride = 1; ;)
        {
            var probes = new ColouredProbes(stride, _generator);
            int colours = probes.Colours(g.Shape);
            if (colours * least >= g.Dimensions)
                return Largest(g);
            var pilot = new Arnoldi(pilotSteps, colours, probes).Repeat(g, pilots);
            products += pilots * colours * pilotSteps;
            double needed = pilot.Estimates.SampleVariance / (_standardError * _standardError);
            int next = Math.Max(stride + 1, (int)Math.Min(Largest(g), Math.Ceiling(Math.Pow(needed, Leap))));
            double finer = new ColouredProbes(next).Colours(g.Shape) * (least * steps + pilots * pilotSteps);
            if (Math.Max(least, needed) * colours * steps <= Math.Min(g.Dimensions * steps, finer))
                return stride;
            stride = next;
        }
    }

    /// <summary>Repetitions that may be enough to know their scatter.</summary>
    private static int LeastRepeats(Linearization g) => RepeatedEstimates.LeastFor((int)g.BatchSize);

    /// <summary>A colour per dimension.</summary>
    private Arnoldi Exact(Linearization g, int steps) =>
        new(steps, (int)g.Dimensions, new ColouredProbes(Largest(g), _generator));

    /// <summary>The stride at which each dimension is a colour.</summary>
    private static int Largest(Linearization g) => (int)g.Shape.Skip(2).DefaultIfEmpty(1).Max();
}
