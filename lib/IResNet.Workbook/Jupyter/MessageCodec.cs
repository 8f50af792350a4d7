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
/// metadata and content. Messages are decoded by one thread.
/// </summary>
internal sealed class MessageCodec(string key)
{
    public const string ProtocolVersion = "5.3";

    private const int SignedFrames = 4;

    /// <summary>How many signatures are remembered; as many as Jupyter's own implementation remembers.</summary>
    private const int Remembered = 1 << 16;

    private static readonly byte[] Delimiter = "<IDS|MSG>"u8.ToArray();
    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly HashSet<string> _seen = [];
    private readonly Queue<string> _order = new();
    private readonly byte[] _key = Encoding.UTF8.GetBytes(key);
    private readonly string _session = Guid.NewGuid().ToString("n");

    /// <summary>
    /// The message; null where the frames are malformed, the signature is wrong, or it has been there before: who has
    /// overheard a signed message must not have it executed again.
    /// </summary>
    public JupyterMessage? Decode(NetMQMessage message)
    {
        var frames = message.Select(f => f.ToByteArray()).ToList();
        int delimiter = frames.FindIndex(f => f.AsSpan().SequenceEqual(Delimiter));
        if (delimiter < 0 || frames.Count < delimiter + 2 + SignedFrames)
            return null;
        var signed = frames.Slice(delimiter + 2, SignedFrames);
        if (_key.Length > 0 && !(IsSigned(frames[delimiter + 1], signed) && IsNew(frames[delimiter + 1])))
            return null;
        try
        {
            // The header goes back with every answer: one that cannot be written again is as bad as one that cannot be
            // read.
            return
                Parse(signed[0]) is { } header
                && Parse(signed[2]) is { } metadata
                && Parse(signed[3]) is { } content
                && header.ToJsonString(Json).Length > 0
                && header["msg_type"] is JsonValue type
                && type.TryGetValue(out string? name)
                ? new JupyterMessage(frames.Slice(0, delimiter), name, header, metadata, content)
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

    private bool IsSigned(byte[] signature, List<byte[]> frames) =>
        CryptographicOperations.FixedTimeEquals(signature, Sign(frames));

    private bool IsNew(byte[] signature)
    {
        string text = Encoding.ASCII.GetString(signature);
        if (!_seen.Add(text))
            return false;
        _order.Enqueue(text);
        if (_order.Count > Remembered)
            _seen.Remove(_order.Dequeue());
        return true;
    }

    private byte[] Sign(List<byte[]> frames)
    {
        if (_key.Length == 0)
            return [];
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        foreach (byte[] frame in frames)
            hmac.AppendData(frame);
        return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hmac.GetHashAndReset()));
    }

    /// <summary>An object; null where the JSON is anything else.</summary>
    private static JsonObject? Parse(byte[] json) =>
        JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false })
        as JsonObject;
}
