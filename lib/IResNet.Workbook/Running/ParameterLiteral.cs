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
        var type = declared.ToString();
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
            "char" => char.TryParse(value, out var c) ? SyntaxFactory.Literal(c).Text : null,
            "bool" => bool.TryParse(value, out var flag)
                ? flag
                    ? "true"
                    : "false"
                : null,
            "int" => Number<int>(value)?.ToString(CultureInfo.InvariantCulture),
            "long" => Number<long>(value) is { } number ? SyntaxFactory.Literal(number).Text : null,
            "float" => Number<float>(value) is { } number && float.IsFinite(number)
                ? number.ToString("R", CultureInfo.InvariantCulture) + "f"
                : null,
            "double" => Number<double>(value) is { } number && double.IsFinite(number)
                ? number.ToString("R", CultureInfo.InvariantCulture) + "d"
                : null,
            "decimal" => Number<decimal>(value) is { } number ? SyntaxFactory.Literal(number).Text : null,
            _ => IsExpression(value) ? value : null,
        };
    }

    private static bool IsPredefined(string type) =>
        type is "string" or "char" or "bool" or "int" or "long" or "float" or "double" or "decimal";

    private static T? Number<T>(string value)
        where T : struct, System.Numerics.INumber<T> =>
        T.TryParse(
            value,
            typeof(T) == typeof(int) || typeof(T) == typeof(long) ? NumberStyles.AllowLeadingSign : NumberStyles.Float,
            CultureInfo.InvariantCulture,
            out var number
        )
            ? number
            : null;

    private static bool IsExpression(string value) => !SyntaxFactory.ParseExpression(value).ContainsDiagnostics;

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
