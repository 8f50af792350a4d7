using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Notebooks;

/// <summary>Whether an algorithm that a cell writes out and the library's own compute the same numbers.</summary>
public static class Agreement
{
    /// <summary>Compares two results, says how far they are apart, and throws where that is more than
    /// rounding.</summary>
    /// <param name="what">What was computed, for the message.</param>
    /// <param name="written">The cell's result, in float64.</param>
    /// <param name="library">The library's, of the same shape and type.</param>
    /// <param name="tolerance">The largest difference allowed, relative to the largest number of the library's
    /// result.</param>
    /// <exception cref="AgreementException">Shapes differ, or numbers by more than the tolerance; NaN and infinities
    /// agree with nothing.</exception>
    /// <exception cref="ArgumentException">A result is not in float64, where rounding could hide a mistake.</exception>
    public static void Check(string what, Tensor written, Tensor library, double tolerance = 1e-12)
    {
        foreach (var result in new[] { written, library })
            if (result.dtype != ScalarType.Float64)
                throw new ArgumentException($"{what}: compare results in float64, not {result.dtype}.");
        if (!written.shape.SequenceEqual(library.shape))
            throw new AgreementException(
                $"{what}: this cell's shape is {Shape(written)}, the library's {Shape(library)}."
            );
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        double difference = (written - library).abs().max().ToDouble(),
            size = library.abs().max().ToDouble();
        string distance = string.Create(CultureInfo.InvariantCulture, $"{difference:g2}, of numbers up to {size:g3}");
        if (!(difference <= tolerance * size))
            throw new AgreementException($"{what}: the library disagrees by {distance}.");
        Console.WriteLine($"{what}: the library agrees. Largest difference {distance}.");
    }

    /// <inheritdoc cref="Check(string, Tensor, Tensor, double)"/>
    public static void Check(string what, double written, double library, double tolerance = 1e-12)
    {
        using Tensor ours = tensor(written),
            theirs = tensor(library);
        Check(what, ours, theirs, tolerance);
    }

    private static string Shape(Tensor x) => $"({string.Join(", ", x.shape)})";
}

/// <summary>What a cell computes and what the library computes are two things.</summary>
/// <param name="message">By how much they differ.</param>
public sealed class AgreementException(string message) : Exception(message);
