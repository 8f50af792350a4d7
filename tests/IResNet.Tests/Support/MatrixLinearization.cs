namespace IResNet.Tests;

/// <summary>
/// Products with one matrix for all examples of a batch of any shape: fast, and known in every digit.
/// </summary>
internal sealed class MatrixLinearization : Linearization
{
    private readonly Tensor _matrix;

    private MatrixLinearization(ResidualBranch branch, Tensor matrix, Tensor x)
        : base(branch, x, zeros_like(x)) => _matrix = matrix;

    /// <summary>Of J in float64, with its largest singular value as Lipschitz bound.</summary>
    public static MatrixLinearization Create(Tensor j, params long[] shape)
    {
        var branch = LinearBranch.Create(j);
        branch.Freeze();
        return new(branch, j, zeros(shape, ScalarType.Float64));
    }

    /// <summary>
    /// A matrix for maps of one channel whose entries are random and decay by a factor with each pixel of distance.
    /// </summary>
    /// <param name="side">Side of the map.</param>
    /// <param name="norm">The largest singular value.</param>
    /// <param name="decay">The factor.</param>
    public static Tensor Decaying(int side, double norm, double decay)
    {
        var (rows, columns) = (arange(side * side).div(side, RoundingMode.floor), arange(side * side).remainder(side));
        Tensor Distance(Tensor at) => (at.unsqueeze(0) - at.unsqueeze(1)).abs();
        var distance = maximum(Distance(rows), Distance(columns)).to(ScalarType.Float64);
        var j = Draw.Normal(side * side, side * side) * distance.mul(Math.Log(decay)).exp();
        return j * (norm / linalg.svdvals(j).max().ToDouble());
    }

    protected override Tensor Jvp(Tensor tangents, long k) => Times(tangents, _matrix.t());

    protected override Tensor Vjp(Tensor cotangents, long k) => Times(cotangents, _matrix);

    private static Tensor Times(Tensor directions, Tensor matrix)
    {
        using var scope = NewDisposeScope();
        return directions.flatten(1).mm(matrix).view(directions.shape).MoveToOuterDisposeScope();
    }
}
