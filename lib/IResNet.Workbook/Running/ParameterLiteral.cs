using System.Globalization;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace IResNet.Workbook.Running;

/// <summary>From a value on the command line to the C# that stands for it.</summary>
internal static class ParameterLiteral
{
    /// <summary>The declared type's name; for <c>var</c> that of a literal initializer, else <c>var</c>.</summary>
    public static string TypeOf(TypeSyntax declared, ExpressionSyntax? initializer)
    {
        string type = declared.ToString();
        if (type != "var")
            return type;
        var literal = initializer is PrefixUnaryExpressionSyntax { Operand: var operand } ? operand : initializer;
        return literal switch
        {
            LiteralExpressionSyntax { Token.Value: { } value } => Keyword(value),
            InterpolatedStringExpressionSyntax => "string",
            _ => type,
        };
    }

    /// <summary>
    /// The value as a literal of a predefined type, or of an array of one for values with commas between; for any other
    /// type the value itself, where it is a C# expression.
    /// </summary>
    /// <returns>Null where the value is not of the type.</returns>
    public static string? Create(string type, string value)
    {
        if (type.EndsWith('?'))
            return value == "null" ? "null" : Create(type[..^1], value);
        if (type.EndsWith("[]", StringComparison.Ordinal) && !value.StartsWith('[') && IsPredefined(type[..^2]))
        {
            var items = value
                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(item => Create(type[..^2], item))
                .ToList();
            return items.Contains(null) ? null : $"[{string.Join(", ", items)}]";
        }

        return type switch
        {
            "string" => SyntaxFactory.Literal(value).Text,
            "char" => char.TryParse(value, out char c) ? SyntaxFactory.Literal(c).Text : null,
            "bool" => bool.TryParse(value, out bool flag)
                ? flag
                    ? "true"
                    : "false"
                : null,
            "int" => Number<int>(value)?.ToString(CultureInfo.InvariantCulture),
            "uint" => Number<uint>(value) is { } number ? SyntaxFactory.Literal(number).Text : null,
            "long" => Number<long>(value) is { } number ? SyntaxFactory.Literal(number).Text : null,
            "ulong" => Number<ulong>(value) is { } number ? SyntaxFactory.Literal(number).Text : null,
            "sbyte" => Number<sbyte>(value)?.ToString(CultureInfo.InvariantCulture),
            "byte" => Number<byte>(value)?.ToString(CultureInfo.InvariantCulture),
            "short" => Number<short>(value)?.ToString(CultureInfo.InvariantCulture),
            "ushort" => Number<ushort>(value)?.ToString(CultureInfo.InvariantCulture),
            "float" => Floating<float>("float", value, "f"),
            "double" => Floating<double>("double", value, "d"),
            "Half" => Floating<Half>("Half", value, "") is { } half ? $"(Half){half}" : null,
            "decimal" => Number<decimal>(value) is { } number ? SyntaxFactory.Literal(number).Text : null,
            _ when IsParsed(type, value) is { } parsed => parsed
                ? Parse(type, value)
                : Expression(value, letterFirst: true),
            _ => Expression(value, letterFirst: false),
        };
    }

    /// <summary>
    /// NaN and the infinities by their names; what is only too large for the type is none of its values.
    /// </summary>
    private static string? Floating<T>(string type, string value, string suffix)
        where T : struct, System.Numerics.IFloatingPointIeee754<T>
    {
        if (Number<T>(value) is { } number && T.IsFinite(number))
            return number.ToString("R", CultureInfo.InvariantCulture) + suffix;
        return value.Trim().ToUpperInvariant() switch
        {
            "NAN" or "+NAN" or "-NAN" => $"{type}.NaN",
            "INF" or "+INF" or "INFINITY" or "+INFINITY" or "∞" => $"{type}.PositiveInfinity",
            "-INF" or "-INFINITY" or "-∞" => $"{type}.NegativeInfinity",
            _ => null,
        };
    }

    /// <summary>
    /// Whether the value is one of a type whose values, as people write them, are something else as C#, or nothing:
    /// <c>2020-01-02</c> would be a subtraction. Null for other types.
    /// </summary>
    private static bool? IsParsed(string type, string value) =>
        type switch
        {
            "DateOnly" => DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, default, out _),
            "TimeOnly" => TimeOnly.TryParse(value, CultureInfo.InvariantCulture, default, out _),
            "DateTime" => IsIsoDate(value) && DateTime.TryParse(value, CultureInfo.InvariantCulture, out _),
            "DateTimeOffset" => IsIsoDate(value) && DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, out _),
            "TimeSpan" => value.Contains(':', StringComparison.Ordinal)
                && TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out _),
            "Int128" => Number<Int128>(value) is not null,
            "UInt128" => Number<UInt128>(value) is not null,
            "Guid" => Guid.TryParse(value, out _),
            _ => null,
        };

    private static string Parse(string type, string value) =>
        $"{type}.Parse({SyntaxFactory.Literal(value).Text}, System.Globalization.CultureInfo.InvariantCulture)";

    /// <summary>Year first: 01/02/2020 is January to some and February to others.</summary>
    private static bool IsIsoDate(string value) =>
        value.Length >= 10 && DateOnly.TryParseExact(value.AsSpan(0, 10), "yyyy-MM-dd", out _);

    private static bool IsPredefined(string type) =>
        type
            is "string"
                or "char"
                or "bool"
                or "int"
                or "uint"
                or "long"
                or "ulong"
                or "sbyte"
                or "byte"
                or "short"
                or "ushort"
                or "float"
                or "double"
                or "Half"
                or "decimal";

    private static T? Number<T>(string value)
        where T : struct, System.Numerics.INumber<T> =>
        T.TryParse(
            value,
            // Half of one is a whole number where there are no fractions.
            T.IsInteger(T.One / (T.One + T.One))
                ? NumberStyles.AllowLeadingSign
                : NumberStyles.Float,
            CultureInfo.InvariantCulture,
            out var number
        )
            ? number
            : null;

    /// <summary>The value itself where it is a C# expression; of no number, where numbers would be mistaken.</summary>
    private static string? Expression(string value, bool letterFirst) =>
        !SyntaxFactory.ParseExpression(value).ContainsDiagnostics && !(letterFirst && !char.IsLetter(value.Trim()[0]))
            ? value
            : null;

    private static string Keyword(object value) =>
        value switch
        {
            string => "string",
            char => "char",
            bool => "bool",
            int => "int",
            long => "long",
            float => "float",
            double => "double",
            decimal => "decimal",
            _ => "var",
        };
}
