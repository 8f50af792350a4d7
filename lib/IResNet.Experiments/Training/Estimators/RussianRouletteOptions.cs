namespace IResNet.Experiments.Training.Estimators;

/// <summary>
/// <see cref="RussianRoulette"/>: the unbiased log-determinant of Residual Flows. The defaults are measured, see there;
/// the paper has p = 0.5, two exact terms and Gaussian probes.
/// </summary>
public sealed record RussianRouletteOptions : EstimatorOptions
{
    /// <summary>Of the number of terms.</summary>
    public TermLaw Distribution { get; init; } = TermLaw.Geometric;

    /// <summary>
    /// p of the geometric distribution, in (0, 1), or the rate of the Poisson distribution, above 0; null for
    /// <see cref="RussianRoulette.DefaultStop"/> and 2.
    /// </summary>
    public double? Parameter { get; init; }

    /// <summary>
    /// Terms that are always taken; null for <see cref="RussianRoulette.DefaultExactTerms"/>, or more where these do
    /// not keep the random ones from scattering an eigenvalue's share by more than all of it, at the bound that the
    /// layers' coefficients set.
    /// </summary>
    public int? ExactTerms { get; init; } = RussianRoulette.DefaultExactTerms;

    /// <summary>Draws of the number of terms for each estimate.</summary>
    public int Draws { get; init; } = 1;

    /// <summary>How it is differentiated.</summary>
    public RouletteGradient Gradient { get; init; } = RouletteGradient.Neumann;

    /// <summary>Of the probes, one per example.</summary>
    public ProbeLaw ProbeDistribution { get; init; } = ProbeLaw.Signs;

    /// <summary>Whether all blocks of a step take the same draws, so that its cost is one random number's.</summary>
    public bool Shared { get; init; }

    /// <inheritdoc/>
    public override LogDetEstimator Create() => Create(ExactTerms ?? RussianRoulette.DefaultExactTerms);

    /// <inheritdoc/>
    public override LogDetEstimator CreateFor(double lipschitz)
    {
        if (ExactTerms is not null)
            return Create();
        int enough =
            Create(0).ExactTermsFor(lipschitz)
                ?? throw new ArgumentException(
                    FormattableString.Invariant(
                        $"A hundred exact terms are not enough where the coefficients allow Lip(g) = {lipschitz:g4}: "
                    ) + "take a smaller coefficient, or set ExactTerms."
                );
        return Create(Math.Max(RussianRoulette.DefaultExactTerms, enough));
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        TrainingOptions.Demand(
            Parameter is null or > 0 && (Distribution == TermLaw.Poisson || Parameter is null or < 1),
            nameof(Parameter),
            Parameter,
            Distribution == TermLaw.Poisson ? "above 0" : "above 0 and below 1"
        );
        TrainingOptions.Demand(
            Parameter is null || double.IsFinite(Parameter.Value),
            nameof(Parameter),
            Parameter,
            "finite"
        );
        TrainingOptions.Demand(ExactTerms is null or >= 0, nameof(ExactTerms), ExactTerms, "0 or more");
        TrainingOptions.Demand(Draws >= 1, nameof(Draws), Draws, "1 or more");
    }

    private RussianRoulette Create(int exactTerms) =>
        new(
            Distribution == TermLaw.Poisson
                ? new PoissonTerms(Parameter ?? 2)
                : new GeometricTerms(Parameter ?? RussianRoulette.DefaultStop),
            exactTerms,
            Draws,
            Gradient,
            ProbeDistribution == ProbeLaw.Gaussian ? new GaussianProbes() : new RademacherProbes(),
            shared: Shared
        );
}

/// <summary>The distribution of a random number of terms.</summary>
public enum TermLaw
{
    /// <summary><see cref="GeometricTerms"/>, of the paper.</summary>
    Geometric,

    /// <summary><see cref="PoissonTerms"/>, of the official code for images.</summary>
    Poisson,
}

/// <summary>The distribution of probes.</summary>
public enum ProbeLaw
{
    /// <summary><see cref="RademacherProbes"/>.</summary>
    Signs,

    /// <summary><see cref="GaussianProbes"/>, of the papers.</summary>
    Gaussian,
}
