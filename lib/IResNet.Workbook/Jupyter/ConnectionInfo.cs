using System.Text.Json;
using System.Text.Json.Serialization;

namespace IResNet.Workbook.Jupyter;

/// <summary>Where a frontend expects the kernel, and the key it signs with: the connection file's content.</summary>
internal sealed record ConnectionInfo
{
    [JsonPropertyName("transport"), JsonRequired]
    public string Transport { get; init; } = "";

    [JsonPropertyName("ip"), JsonRequired]
    public string Ip { get; init; } = "";

    [JsonPropertyName("shell_port"), JsonRequired]
    public int ShellPort { get; init; }

    [JsonPropertyName("iopub_port"), JsonRequired]
    public int IoPubPort { get; init; }

    [JsonPropertyName("stdin_port"), JsonRequired]
    public int StdinPort { get; init; }

    [JsonPropertyName("control_port"), JsonRequired]
    public int ControlPort { get; init; }

    [JsonPropertyName("hb_port"), JsonRequired]
    public int HeartbeatPort { get; init; }

    /// <summary>The key of the signatures; empty for none.</summary>
    [JsonPropertyName("key")]
    public string Key { get; init; } = "";

    [JsonPropertyName("signature_scheme")]
    public string SignatureScheme { get; init; } = "hmac-sha256";

    /// <exception cref="InvalidDataException">The file is not a connection file that this kernel can
    /// follow.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ConnectionInfo Read(string path)
    {
        ConnectionInfo info;
        try
        {
            info = JsonSerializer.Deserialize<ConnectionInfo>(File.ReadAllText(path))
                ?? throw new JsonException("it is empty");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is not a Jupyter connection file: {e.Message}", e);
        }
        // NetMQ's ipc is not the one of other ZeroMQ libraries.
        if (info.Transport != "tcp")
            throw new InvalidDataException($"{path} asks for the transport {info.Transport}; this kernel speaks tcp.");
        if (info.SignatureScheme != "hmac-sha256" && info.Key.Length > 0)
            throw new InvalidDataException(
                $"{path} asks for signatures by {info.SignatureScheme}; this kernel signs with hmac-sha256."
            );
        return info;
    }

    /// <summary>The address to bind: the one given, and no other interface.</summary>
    public string Address(int port) => $"tcp://{Ip}:{port}";
}
