namespace IResNet.Tests.Programs.Experiments.Training;

/// <summary>An estimator of a user's own, exact, that counts how often it is asked.</summary>
internal sealed class Counted : LogDetEstimator
{
    public int Calls { get; set; }

    public override Tensor Estimate(Linearization g)
    {
        Calls++;
        return new ExactLogDet().Estimate(g);
    }
}
