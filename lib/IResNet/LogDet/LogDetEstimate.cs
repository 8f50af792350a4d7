namespace IResNet;

/// <summary>Log-determinants, and what is known of their error.</summary>
/// <param name="Value">One an example, float64, in nats.</param>
/// <param name="StandardError">What the random probes leave: the root mean square over the examples of the standard
/// deviation of <paramref name="Value"/>, in nats.</param>
/// <param name="BiasBound">No example's expected value is further than this from the exact log-determinant, in nats. A
/// bound, not an estimate.</param>
/// <param name="Products">Jacobian products an example that were taken, those of finding out what is needed
/// included.</param>
public sealed record LogDetEstimate(Tensor Value, double StandardError, double BiasBound, int Products);
