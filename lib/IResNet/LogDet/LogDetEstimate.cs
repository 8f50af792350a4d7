namespace IResNet;

/// <summary>Log-determinants, and what is known of their error.</summary>
/// <param name="Value">One per example, float64, in nats.</param>
/// <param name="StandardError">
/// What the random probes leave, in nats, root mean square over the examples. The value's distance to its mean, divided
/// by this, has variance 1 at most, although it rests on a variance that was itself estimated. 0 where the probes leave
/// nothing; infinite where there are too few independent ones to tell.
/// </param>
/// <param name="BiasBound">No example's expected value is further than this from the exact log-determinant, in nats. A
/// bound, not an estimate.</param>
/// <param name="Products">Jacobian products per example that were taken, those of finding out what is needed
/// included.</param>
public sealed record LogDetEstimate(Tensor Value, double StandardError, double BiasBound, int Products);
