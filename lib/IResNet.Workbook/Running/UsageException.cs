namespace IResNet.Workbook.Running;

/// <summary>What was asked of <c>iresnet run</c> cannot be done; the message says what to change.</summary>
internal sealed class UsageException(string message) : Exception(message);
