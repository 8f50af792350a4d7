using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace IResNet.Workbook.Commands;

/// <summary>
/// How all commands take their values: numbers as the invariant culture writes them (a decimal comma is refused, not
/// read as a thousands separator), nothing empty. What is wrong is said in one line with option, value and what would
/// be right.
/// </summary>
internal static class CommandValues
{
    /// <summary>Checks all options and arguments of a command and of those below it.</summary>
    public static T WithCheckedValues<T>(this T command)
        where T : Command
    {
        foreach (var option in command.Options)
        {
            Number<int>(option);
            Number<ulong>(option);
            Number<double>(option);
            if (option is Option<bool> flag)
                flag.CustomParser ??= Flag;
            option.Validators.Add(result => RefuseEmpty(result, option.Name, result.Tokens));
        }
        foreach (var argument in command.Arguments)
            argument.Validators.Add(result =>
            {
                RefuseEmpty(result, $"<{argument.Name}>", result.Tokens);
                // The parser takes an unknown option for an argument where there is room for one.
                if (result.Tokens.FirstOrDefault(IsOption) is { } option)
                    result.AddError($"Unrecognized option '{option.Value}'.");
            });
        foreach (var below in command.Subcommands)
            below.WithCheckedValues();
        return command;
    }

    /// <summary>Refuses values out of a range.</summary>
    /// <param name="option">The option.</param>
    /// <param name="isGood">Whether a value is in it.</param>
    /// <param name="need">What is: "1 or more are needed".</param>
    public static void Require<T>(this Option<T> option, Predicate<T> isGood, string need)
        where T : struct, INumber<T> => option.CustomParser = result => Parse(result, isGood, need) ?? default;

    /// <inheritdoc cref="Require{T}(Option{T}, Predicate{T}, string)"/>
    public static void Require<T>(this Option<T?> option, Predicate<T> isGood, string need)
        where T : struct, INumber<T> => option.CustomParser = result => Parse(result, isGood, need);

    /// <summary>Refuses all but some words.</summary>
    public static void Choices(this Option<string?> option, params string[] words)
    {
        option.CompletionSources.Add(words);
        option.Validators.Add(result => RefuseUnknown(result, option.Name, result.Tokens, words));
    }

    /// <summary>Refuses all but some words, and those of a form.</summary>
    public static void Choices(this Argument<string?> argument, Predicate<string> isOfForm, params string[] words)
    {
        argument.CompletionSources.Add(words);
        argument.Validators.Add(result =>
        {
            if (!result.Tokens.All(token => isOfForm(token.Value)))
                RefuseUnknown(result, $"<{argument.Name}>", result.Tokens, words);
        });
    }

    /// <summary>A parser for the names of an enumeration.</summary>
    public static T OneOf<T>(ArgumentResult result)
        where T : struct, Enum
    {
        string text = result.Tokens[0].Value;
        string[] names = Enum.GetNames<T>();
        if (names.Contains(text, StringComparer.OrdinalIgnoreCase))
            return Enum.Parse<T>(text, ignoreCase: true);
        result.AddError(Message(NameOf(result), text, $"choose {string.Join(" or ", names).ToLowerInvariant()}"));
        return default;
    }

    private static void Number<T>(Option option)
        where T : struct, INumber<T>
    {
        if (option is Option<T> { CustomParser: null } plain)
            plain.Require(_ => true, "");
        else if (option is Option<T?> { CustomParser: null } optional)
            optional.Require(_ => true, "");
    }

    private static T? Parse<T>(ArgumentResult result, Predicate<T> isGood, string need)
        where T : struct, INumber<T>
    {
        string text = result.Tokens[0].Value;
        bool isWhole = typeof(T) != typeof(double);
        var style = isWhole ? NumberStyles.AllowLeadingSign : NumberStyles.Float;
        if (!T.TryParse(text, style, CultureInfo.InvariantCulture, out var value) || !T.IsFinite(value))
            result.AddError(
                Message(
                    NameOf(result),
                    text,
                    !isWhole ? "a number is needed, with a point for the decimals (0.5)"
                        : typeof(T) == typeof(ulong) ? "a whole number from 0 is needed"
                        : "a whole number is needed"
                )
            );
        else if (!isGood(value))
            result.AddError(Message(NameOf(result), text, need));
        else
            return value;
        return null;
    }

    private static bool Flag(ArgumentResult result)
    {
        if (result.Tokens.Count == 0)
            return true;
        if (!bool.TryParse(result.Tokens[0].Value, out bool value))
            result.AddError(Message(NameOf(result), result.Tokens[0].Value, "true or false, or no value, is needed"));
        return value;
    }

    private static void RefuseEmpty(SymbolResult result, string name, IReadOnlyList<Token> tokens)
    {
        if (tokens.Any(token => string.IsNullOrWhiteSpace(token.Value)) && !result.Errors.Any())
            result.AddError($"{name} is given an empty value: give one, or leave it out.");
    }

    private static void RefuseUnknown(
        SymbolResult result,
        string name,
        IReadOnlyList<Token> tokens,
        IReadOnlyList<string> words
    )
    {
        foreach (var token in tokens)
            if (token.Value.Length > 0 && !words.Contains(token.Value))
                result.AddError(Message(name, token.Value, $"choose {string.Join(", ", words)}"));
    }

    /// <summary>Whether a word looks like an option.</summary>
    public static bool IsOption(Token word) => word.Type == TokenType.Argument && word.Value is ['-', '-', _, ..];

    private static string NameOf(ArgumentResult result) =>
        result.Parent is OptionResult option ? option.Option.Name : $"<{result.Argument.Name}>";

    private static string Message(string name, string value, string need) => $"{name} \"{value}\": {need}.";
}
