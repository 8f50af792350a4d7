using System.Text;
using System.Text.Json.Nodes;
using IResNet.Workbook.Jupyter;
using NetMQ;
using Xunit;

namespace IResNet.Tests.Programs.Workbook.Jupyter;

public sealed class MessageCodecTests
{
    private static readonly byte[] Identity = [1, 0, 255];

    private readonly MessageCodec _codec = new("key");

    private static NetMQMessage Frames(params object[] frames) =>
        new(frames.Select(f => new NetMQFrame(f as byte[] ?? Encoding.UTF8.GetBytes((string)f))));

    [Fact]
    public void WhatIsEncodedCanBeDecoded()
    {
        var content = new JsonObject { ["code"] = "\"ä𝔸<\"", ["n"] = 3 };
        var message = _codec.Decode(_codec.Encode([Identity], "execute_request", null, content));
        Assert.NotNull(message);
        Assert.Equal([Identity], message.Identities);
        Assert.Equal("execute_request", message.Type);
        Assert.Equal("\"ä𝔸<\"", message.Text("code"));
        Assert.Equal(3, message.Number("n"));
    }

    [Fact]
    public void TheSignatureIsTheHmacOfTheFourParts()
    {
        // hmac.new(b"key", b'{"msg_type":"x"}' + b"{}" * 3, "sha256").hexdigest() in Python.
        const string signature = "2282ffffd6e72182b2147b922df4101295f0e2d918c7acf0eeda19c870533a00";
        Assert.Equal(
            "x",
            _codec.Decode(Frames("<IDS|MSG>", signature, """{"msg_type":"x"}""", "{}", "{}", "{}"))?.Type
        );
    }

    [Fact]
    public void AnotherKeysMessageIsDropped() =>
        Assert.Null(_codec.Decode(new MessageCodec("another").Encode([Identity], "x", null, [])));

    [Fact]
    public void AMessageThatComesAgainIsDropped()
    {
        var message = _codec.Encode([Identity], "execute_request", null, []);
        Assert.NotNull(_codec.Decode(message));
        Assert.Null(_codec.Decode(message));
        Assert.NotNull(_codec.Decode(_codec.Encode([Identity], "execute_request", null, [])));
        var unsigned = new MessageCodec("");
        Assert.NotNull(unsigned.Decode(Frames("<IDS|MSG>", "", """{"msg_type":"x"}""", "{}", "{}", "{}")));
        Assert.NotNull(unsigned.Decode(Frames("<IDS|MSG>", "", """{"msg_type":"x"}""", "{}", "{}", "{}")));
    }

    [Fact]
    public void AnyChangedByteIsNoticed()
    {
        for (int frame = 2; frame <= 6; frame++)
        {
            var message = _codec.Encode([Identity], "x", [], []);
            byte[] bytes = message[frame].ToByteArray();
            bytes[0] ^= 1;
            Assert.Null(
                _codec.Decode(new NetMQMessage(message.Select((f, i) => i == frame ? new NetMQFrame(bytes) : f)))
            );
        }
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"msg_type":3}""")]
    [InlineData("""{"msg_type":"x","msg_type":"y"}""")]
    public void AMalformedHeaderIsDropped(string header) =>
        Assert.Null(new MessageCodec("").Decode(Frames("<IDS|MSG>", "", header, "{}", "{}", "{}")));

    [Fact]
    public void MissingFramesAreNoticed()
    {
        Assert.Null(new MessageCodec("").Decode(Frames("a", "b")));
        Assert.Null(new MessageCodec("").Decode(Frames("<IDS|MSG>", "", """{"msg_type":"x"}""", "{}", "{}")));
        Assert.NotNull(new MessageCodec("").Decode(Frames("<IDS|MSG>", "", """{"msg_type":"x"}""", "{}", "{}", "{}")));
    }
}
