using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Data;

/// <summary>
/// Two-dimensional densities for flows: those of the official repository (swissroll, circles, moons, 8gaussians,
/// pinwheel, 2spirals, checkerboard, line, cos) and the rings of Residual Flows, with their constants. Points are
/// independent: where the original spaces angles evenly, they are drawn uniformly here.
/// </summary>
public static class ToyData
{
    private static readonly Dictionary<string, Func<Source, Tensor>> Recipes = new()
    {
        ["swissroll"] = SwissRoll,
        ["circles"] = Circles,
        ["rings"] = Rings,
        ["moons"] = Moons,
        ["8gaussians"] = EightGaussians,
        ["pinwheel"] = Pinwheel,
        ["2spirals"] = TwoSpirals,
        ["checkerboard"] = Checkerboard,
        ["line"] = Line,
        ["cos"] = Cos,
    };

    /// <summary>The names that <see cref="Sample"/> takes.</summary>
    public static IReadOnlyList<string> Names => [.. Recipes.Keys];

    /// <summary>Draws points.</summary>
    /// <param name="name">The density, one of <see cref="Names"/>.</param>
    /// <param name="count">How many, from 1.</param>
    /// <param name="generator">Where randomness comes from; its state decides the points, so saving it makes a sequence
    /// of calls resumable.</param>
    /// <param name="type">float32 or float64.</param>
    /// <param name="device">Where the points are to be; the CPU by default. The same state gives the same points
    /// everywhere.</param>
    /// <returns>(count, 2).</returns>
    /// <exception cref="ArgumentException">There is no such density, or the count is below 1.</exception>
    public static Tensor Sample(
        string name,
        int count,
        Generator generator,
        ScalarType type = ScalarType.Float32,
        Device? device = null
    )
    {
        if (!Recipes.TryGetValue(name, out var recipe))
            throw new ArgumentException(
                $"There is no toy density '{name}': choose {string.Join(", ", Names)}.",
                nameof(name)
            );
        if (count < 1)
            throw new ArgumentException($"{count} points cannot be drawn: give 1 or more.", nameof(count));
        using var scope = NewDisposeScope();
        return recipe(new(count, generator, type)).to(device ?? CPU).MoveToOuterDisposeScope();
    }

    private static Tensor SwissRoll(Source draws)
    {
        var t = 1.5 * Math.PI * (1 + 2 * draws.Uniform());
        return (Points(t * t.cos(), t * t.sin()) + draws.Normals()) / 5;
    }

    private static Tensor Circles(Source draws)
    {
        var radius = 1 - 0.5 * draws.Pick(2);
        return 3 * (OnCircle(draws.Angle(), radius) + 0.08 * draws.Normals());
    }

    private static Tensor Rings(Source draws)
    {
        var radius = 0.25 * (1 + draws.Pick(4));
        return 3 * OnCircle(draws.Angle(), radius) + 0.08 * draws.Normals();
    }

    private static Tensor Moons(Source draws)
    {
        var (angle, lower) = (Math.PI * draws.Uniform(), draws.Pick(2));
        // The upper moon is (cos, sin), the lower one (1 - cos, 1/2 - sin).
        var (x, y) = ((1 - 2 * lower) * angle.cos() + lower, (1 - 2 * lower) * angle.sin() + 0.5 * lower);
        return 2 * (Points(x, y) + 0.1 * draws.Normals()) + Constant(draws, -1, -0.2);
    }

    private static Tensor EightGaussians(Source draws)
    {
        var centres = OnCircle(draws.Pick(8) * (Math.PI / 4), radius: 4);
        return (centres + 0.5 * draws.Normals()) / 1.414;
    }

    private static Tensor Pinwheel(Source draws)
    {
        var arm = draws.Normals() * Constant(draws, 0.3, 0.1) + Constant(draws, 1, 0);
        var (radial, tangential) = (arm.select(1, 0), arm.select(1, 1));
        var angle = draws.Pick(5) * (2 * Math.PI / 5) + 0.25 * radial.exp();
        var (cos, sin) = (angle.cos(), angle.sin());
        return 2 * Points(radial * cos + tangential * sin, tangential * cos - radial * sin);
    }

    private static Tensor TwoSpirals(Source draws)
    {
        var n = draws.Uniform().sqrt() * (540 * 2 * Math.PI / 360);
        var arm = Points(-n.cos() * n + 0.5 * draws.Uniform(), n.sin() * n + 0.5 * draws.Uniform());
        var side = (1 - 2 * draws.Pick(2)).unsqueeze(1);
        return side * arm / 3 + 0.1 * draws.Normals();
    }

    private static Tensor Checkerboard(Source draws)
    {
        var x = 4 * draws.Uniform() - 2;
        var y = draws.Uniform() - 2 * draws.Pick(2) + x.floor().remainder(2);
        return 2 * Points(x, y);
    }

    private static Tensor Line(Source draws)
    {
        var x = 5 * draws.Uniform() - 2.5;
        return Points(x, x);
    }

    private static Tensor Cos(Source draws)
    {
        var x = 5 * draws.Uniform() - 2.5;
        return Points(x, 2.5 * x.sin());
    }

    private static Tensor Points(Tensor x, Tensor y) => stack([x, y], dim: 1);

    private static Tensor OnCircle(Tensor angle, Scalar radius) => radius * Points(angle.cos(), angle.sin());

    private static Tensor OnCircle(Tensor angle, Tensor radius) =>
        radius.unsqueeze(1) * Points(angle.cos(), angle.sin());

    private static Tensor Constant(Source draws, double x, double y) => tensor([x, y], draws.Type, CPU);

    /// <summary>Random vectors of <paramref name="Count"/> elements.</summary>
    private sealed record Source(int Count, Generator Generator, ScalarType Type)
    {
        public Tensor Uniform() => Draws.Uniform([Count], Type, CPU, Generator);

        public Tensor Angle() => 2 * Math.PI * Uniform();

        public Tensor Normals() => Draws.Normal([Count, 2], Type, CPU, Generator);

        /// <summary>An integer from 0 to alternatives - 1.</summary>
        public Tensor Pick(int alternatives) => Draws.Integers(alternatives, [Count], Type, CPU, Generator);
    }
}
