namespace IResNet;

/// <summary>
/// The quadratic form e1.log(I + H) e1 of a small upper Hessenberg matrix of norm below 1, by log(I + H) = integral of
/// H (I + t H)^-1 dt over [0, 1] with Gauss and Legendre's rule, which is the diagonal Padé approximant of the
/// logarithm.
/// </summary>
internal sealed class HessenbergLog
{
    private const int MostPoints = 40;

    private readonly (double Node, double Weight)[] _rule;
    private readonly double _lipschitz;

    /// <summary>For matrices J of norm at most L.</summary>
    /// <param name="lipschitz">L; at or above 1 there is no bound.</param>
    public HessenbergLog(double lipschitz)
    {
        _lipschitz = lipschitz;
        // Converges like (1 - sqrt(1 - L)) / (1 + sqrt(1 - L)) to the power 2 K: here to below 1e-14. 40 points give
        // 1e-13 for L = 0.95.
        double root = Math.Sqrt(Math.Max(0, 1 - lipschitz)),
            points = Math.Ceiling(Math.Log(1e-14) / (2 * Math.Log((1 - root) / (1 + root)))) + 1;
        _rule = GaussLegendre(root == 0 ? MostPoints : (int)Math.Clamp(points, 2, MostPoints));
    }

    /// <summary>
    /// The form (NaN if the norm of H is certainly not below 1), and a bound of its distance to v.log(I + J) v for the
    /// unit vector v and the matrix J whose Arnoldi process gave H.
    /// </summary>
    /// <remarks>
    /// The process gives (I + t J)^-1 v up to a residual t h y_m(t) q with q orthogonal to v, where y(t) = (I + t H)^-1
    /// e1, m is the order of H and h the next entry below its diagonal. The form's error at t is therefore h y_m(t)
    /// v.(I + t J)^-1 q, and |v.(I + t J)^-1 q| = t |v.J (I + t J)^-1 q| is at most t L / (1 - t L) if |J| is at most
    /// L.
    /// </remarks>
    /// <param name="h">H, row after row.</param>
    /// <param name="order">m.</param>
    /// <param name="next">The entry below H's last column.</param>
    public (double Value, double Bound) QuadraticForm(ReadOnlySpan<double> h, int order, double next)
    {
        Span<double> a = stackalloc double[order * order],
            y = stackalloc double[order];
        double value = Solve(h, order, 1, a, y) ? 0 : double.NaN,
            bound = 0;
        foreach (var (t, weight) in _rule)
        {
            if (!Solve(h, order, t, a, y))
                return (double.NaN, double.PositiveInfinity);
            // e1.H y = (1 - y_1) / t, as t H y = e1 - y.
            value += weight * (1 - y[0]) / t;
            bound += weight * Math.Abs(y[order - 1]) * t * _lipschitz / (1 - t * _lipschitz);
        }
        return (value, _lipschitz < 1 ? Math.Abs(next) * bound : double.PositiveInfinity);
    }

    /// <summary>
    /// (I + t H) y = e1 by elimination without pivoting: a matrix whose symmetric part is positive definite, as I + t H
    /// is for |H| below 1, needs none and has positive pivots only. False if one is not.
    /// </summary>
    private static bool Solve(ReadOnlySpan<double> h, int m, double t, Span<double> a, Span<double> y)
    {
        for (int i = 0; i < a.Length; i++)
            a[i] = t * h[i];
        for (int i = 0; i < m; i++)
            a[i * m + i] += 1;
        y.Clear();
        y[0] = 1;
        for (int i = 0; i < m - 1; i++)
        {
            double factor = a[(i + 1) * m + i] / a[i * m + i];
            for (int j = i; j < m; j++)
                a[(i + 1) * m + j] -= factor * a[i * m + j];
            y[i + 1] -= factor * y[i];
        }
        for (int i = m - 1; i >= 0; i--)
        {
            if (!(a[i * m + i] > 0))
                return false;
            for (int j = i + 1; j < m; j++)
                y[i] -= a[i * m + j] * y[j];
            y[i] /= a[i * m + i];
        }
        return true;
    }

    /// <summary>Nodes and weights on [0, 1]: the roots of the Legendre polynomial by Newton's method.</summary>
    private static (double, double)[] GaussLegendre(int count)
    {
        var rule = new (double, double)[count];
        for (int i = 0; i < count; i++)
        {
            double x = Math.Cos(Math.PI * (i + 0.75) / (count + 0.5)),
                derivative = 0;
            for (int step = 0; step < 100; step++)
            {
                (double value, derivative) = Legendre(count, x);
                double change = value / derivative;
                x -= change;
                if (Math.Abs(change) < 1e-16)
                    break;
            }
            rule[i] = ((1 + x) / 2, 1 / ((1 - x * x) * derivative * derivative));
        }
        return rule;
    }

    private static (double Value, double Derivative) Legendre(int degree, double x)
    {
        double before = 1,
            value = x;
        for (int k = 2; k <= degree; k++)
            (before, value) = (value, ((2 * k - 1) * x * value - (k - 1) * before) / k);
        return (value, degree * (x * value - before) / (x * x - 1));
    }
}
