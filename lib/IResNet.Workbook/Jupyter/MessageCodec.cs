using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using NetMQ;

namespace IResNet.Workbook.Jupyter;

/// <summary>
/// Messages to frames and back: identities, a delimiter, the HMAC-SHA256 of what follows, then header, parent header,
/// metadata and content.
/// </summary>
internal sealed class MessageCodec(string key)
{
    public const string ProtocolVersion = "5.3";

    private const int SignedFrames = 4;

    private static readonly byte[] Delimiter = "<IDS|MSG>"u8.ToArray();
    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly byte[] _key = Encoding.UTF8.GetBytes(key);
    private readonly string _session = Guid.NewGuid().ToString("n");

    /// <summary>The message; null where the frames are malformed or the signature is wrong.</summary>
    public JupyterMessage? Decode(NetMQMessage message)
    {
        var frames = message.Select(f => f.ToByteArray()).ToList();
        var delimiter = frames.FindIndex(f => f.AsSpan().SequenceEqual(Delimiter));
        if (delimiter < 0 || frames.Count < delimiter + 2 + SignedFrames)
            return null;
        var signed = frames.Slice(delimiter + 2, SignedFrames);
        if (_key.Length > 0 && !CryptographicOperations.FixedTimeEquals(frames[delimiter + 1], Sign(signed)))
            return null;
        try
        {
            // The header goes back with every answer: one that cannot be written again is as bad as one that cannot be
            // read.
            return
                Parse(signed[0]) is { } header
                && Parse(signed[3]) is { } content
                && header.ToJsonString(Json).Length > 0
                && header["msg_type"] is JsonValue type
                && type.TryGetValue(out string? name)
                ? new JupyterMessage(frames.Slice(0, delimiter), name, header, content)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    /// <param name="identities">For a reply those of its request; for a broadcast its topic.</param>
    /// <param name="type">The message's type.</param>
    /// <param name="parent">The header of the request that this answers.</param>
    /// <param name="content">The content.</param>
    public NetMQMessage Encode(IEnumerable<byte[]> identities, string type, JsonObject? parent, JsonObject content)
    {
        var header = new JsonObject
        {
            ["msg_id"] = Guid.NewGuid().ToString("n"),
            ["session"] = _session,
            ["username"] = "kernel",
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
            ["msg_type"] = type,
            ["version"] = ProtocolVersion,
        };
        var signed = new[] { header, parent ?? [], [], content }
            .Select(part => Encoding.UTF8.GetBytes(part.ToJsonString(Json)))
            .ToList();
        return new NetMQMessage([.. identities, Delimiter, Sign(signed), .. signed]);
    }

    private byte[] Sign(List<byte[]> frames)
    {
        if (_key.Length == 0)
            return [];
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        foreach (var frame in frames)
            hmac.AppendData(frame);
        return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hmac.GetHashAndReset()));
    }

    /// <summary>An object; null where the JSON is anything else.</summary>
    private static JsonObject? Parse(byte[] json) =>
        JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false })
        as JsonObject;
}
