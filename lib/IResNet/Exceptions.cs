namespace IResNet;

/// <summary>A tensor has a shape, type or device that the operation cannot take.</summary>
/// <param name="message">The shape found, the shape needed, and what to do.</param>
public sealed class ShapeException(string message) : ArgumentException(message);

/// <summary>A tensor holds NaN or an infinity where finite numbers are needed.</summary>
/// <param name="message">Where it was found, and what to do.</param>
public sealed class NonFiniteException(string message) : ArithmeticException(message);

/// <summary>An iterative inverse did not reach its tolerance.</summary>
/// <param name="message">How far it came, and what to do.</param>
/// <param name="iterations">Iterations made.</param>
/// <param name="residual">max |x + g(x) - y| at the last iterate.</param>
public sealed class NonConvergenceException(string message, int iterations, double residual)
    : ArithmeticException(message)
{
    /// <summary>Iterations made.</summary>
    public int Iterations { get; } = iterations;

    /// <summary>max |x + g(x) - y| at the last iterate.</summary>
    public double Residual { get; } = residual;
}

/// <summary>Samples of a class were asked for that a model hardly ever makes.</summary>
/// <param name="message">The class, how often it was met, and what to do.</param>
public sealed class RareClassException(string message) : ArithmeticException(message);

/// <summary>A number lies outside of where a function is defined.</summary>
/// <param name="message">The number, the domain, and what to do.</param>
/// <param name="value">The number.</param>
public sealed class DomainException(string message, double value) : ArgumentException(message)
{
    /// <summary>The number.</summary>
    public double Value { get; } = value;
}
