namespace IResNet;

/// <summary>A weights file is damaged, or does not fit the model. Nothing was loaded.</summary>
/// <param name="message">What is wrong, with the name and the values.</param>
/// <param name="inner">The cause, if another exception revealed it.</param>
public sealed class WeightsFormatException(string message, Exception? inner = null) : FormatException(message, inner);
