using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using IResNet.Experiments.Data;
using IResNet.Experiments.Data.Fetching;

namespace IResNet.Tests.Programs.Experiments.Data;

public class DownloaderTests
{
    private static readonly byte[] Content = RandomNumberGenerator.GetBytes(300_000);
    private static readonly Checksum Hash = Checksum.Sha256(Convert.ToHexStringLower(SHA256.HashData(Content)));
    private static readonly Downloader Quick = new(
        connect: TimeSpan.FromSeconds(2),
        stall: TimeSpan.FromMilliseconds(300)
    );

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Downloads /data.gz and returns what was reported.</summary>
    private static async Task<List<DataProgress>> Download(
        LocalServer server,
        TemporaryFolder folder,
        long? bytes = null,
        CancellationToken? cancel = null
    )
    {
        var reports = new Reports();
        await Quick.Download(
            new RemoteFile(server.Address("data.gz"), Hash, bytes),
            folder["data.gz"],
            reports,
            cancel ?? Cancel
        );
        Assert.Equal(Content, File.ReadAllBytes(folder["data.gz"]));
        Assert.False(File.Exists(folder["data.gz.part"]));
        return reports;
    }

    private sealed class Reports : List<DataProgress>, IProgress<DataProgress>
    {
        public void Report(DataProgress value) => Add(value);
    }

    [Fact]
    public async Task Normal()
    {
        using var folder = new TemporaryFolder();
        await using var server = new LocalServer(r => r.Serve(Content));
        var reports = await Download(server, folder, bytes: Content.Length);
        Assert.Equal(
            new("downloading data.gz", Content.Length, Content.Length),
            reports[^1] with
            {
                BytesPerSecond = 0,
            }
        );
        Assert.True(reports[^1].BytesPerSecond > 0);
        await Download(server, folder);
        Assert.Single(server.Requests); // what is there is not asked for again
    }

    [Fact]
    public async Task LengthNotAnnounced()
    {
        using var folder = new TemporaryFolder();
        await using var server = new LocalServer(async r =>
        {
            await r.Head("200 OK");
            await r.Stream.WriteAsync(Content, r.Stop);
        });
        await Download(server, folder);
    }

    [Fact]
    public async Task FollowsARedirect()
    {
        using var folder = new TemporaryFolder();
        await using var server = new LocalServer(r =>
            r.Path == "/data.gz"
                ? r.Head("302 Found", "Location: /moved/data.gz", "Content-Length: 0")
                : r.Serve(Content)
        );
        await Download(server, folder);
        Assert.Equal(["/data.gz", "/moved/data.gz"], server.Requests.Select(r => r.Path));
    }

    [Fact]
    public async Task ContinuesABrokenConnectionAtOnce()
    {
        using var folder = new TemporaryFolder();
        await using var server = new LocalServer(async r =>
        {
            if (r.From >= 200_000)
            {
                await r.Serve(Content);
                return;
            }
            int from = (int)(r.From ?? 0);
            await r.Head(
                r.From is null ? "200 OK" : "206 Partial Content",
                $"Content-Length: {Content.Length - from}",
                $"Content-Range: bytes {from}-{Content.Length - 1}/{Content.Length}"
            );
            await r.Stream.WriteAsync(Content.AsMemory(from, 100_000), r.Stop);
        });
        var reports = await Download(server, folder);
        Assert.Equal([null, 100_000, 200_000], server.Requests.Select(r => r.From));
        Assert.Equal(2, reports.Count(r => r.Activity.StartsWith("connection lost")));
    }

    [Fact]
    public async Task ALaterRunContinuesHalfADownload()
    {
        using var folder = new TemporaryFolder();
        await using (
            var stalling = new LocalServer(async r =>
            {
                await r.Head(
                    r.From is null ? "200 OK" : "206 Partial Content",
                    $"Content-Length: {Content.Length - (r.From ?? 0)}",
                    $"Content-Range: bytes {r.From ?? 0}-{Content.Length - 1}/{Content.Length}"
                );
                if (r.From is null)
                    await r.Stream.WriteAsync(Content.AsMemory(0, 120_000), r.Stop);
                await Task.Delay(2000, r.Stop);
            })
        )
        {
            var error = await Assert.ThrowsAsync<DataFetchException>(() => Download(stalling, folder));
            Assert.Contains("no answer within 0 s (120,000 bytes are kept: run again to continue)", error.Message);
        }
        Assert.Equal(Content[..120_000], File.ReadAllBytes(folder["data.gz.part"]));

        await using var server = new LocalServer(r => r.Serve(Content));
        await Download(server, folder);
        Assert.Equal(120_000, Assert.Single(server.Requests).From);
    }

    [Fact]
    public async Task AServerWithoutRangesStartsAfresh()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["data.gz.part"], Content[..1000]);
        await using var server = new LocalServer(r => (r with { From = null }).Serve(Content));
        await Download(server, folder);
    }

    [Fact]
    public async Task ACompletePartIsTaken()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["data.gz.part"], Content);
        await using var server = new LocalServer(r => r.Serve(Content));
        await Download(server, folder);
        Assert.Equal(Content.Length, Assert.Single(server.Requests).From);
    }

    [Fact]
    public async Task APartThatIsTooLongStartsAfresh()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["data.gz.part"], [.. Content, 1, 2, 3]);
        await using var server = new LocalServer(r => r.Serve(Content));
        await Download(server, folder);
        Assert.Equal([Content.Length + 3, null], server.Requests.Select(r => r.From));
    }

    [Fact]
    public async Task APartOfAnotherFileIsSetAsideAndTheNextRunHeals()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["data.gz.part"], new byte[1000]);
        await using var server = new LocalServer(r => r.Serve(Content));
        var error = await Assert.ThrowsAsync<DataIntegrityException>(() => Download(server, folder));
        Assert.Contains(Hash.Hex, error.Message);
        Assert.Contains(error.Actual, error.Message);
        Assert.Equal(folder["data.gz.rejected"], error.SetAside);
        Assert.Equal(error.Actual, Hash.OfFile(error.SetAside!));
        Assert.False(File.Exists(folder["data.gz"]) || File.Exists(folder["data.gz.part"]));
        await Download(server, folder);
    }

    [Fact]
    public async Task AFlippedBitIsRefused()
    {
        using var folder = new TemporaryFolder();
        byte[] flipped = [.. Content];
        flipped[150_000] ^= 1;
        await using var server = new LocalServer(r => r.Serve(flipped));
        await Assert.ThrowsAsync<DataIntegrityException>(() => Download(server, folder));
        Assert.False(File.Exists(folder["data.gz"]));
    }

    [Theory]
    [InlineData("text/html; charset=utf-8", "whatever")]
    [InlineData("application/gzip", "\uFEFF  \r\n<!DOCTYPE html><html>Please log in</html>")]
    public async Task AnHtmlPageIsNotData(string type, string page)
    {
        using var folder = new TemporaryFolder();
        await using var server = new LocalServer(r => r.Serve(System.Text.Encoding.UTF8.GetBytes(page), type));
        var error = await Assert.ThrowsAsync<DataFetchException>(() => Download(server, folder));
        Assert.Contains("HTML page", error.Message);
        Assert.False(File.Exists(folder["data.gz"]));
    }

    /// <summary>Its title, or its first words, tell which page it was.</summary>
    [Theory]
    [InlineData("<html><head><title>Sign in to\n the network</title></head></html>", "Sign in to the network")]
    [InlineData("<html><style>p { x }</style><p>Moved to <b>another</b> place</html>", "Moved to another place")]
    public async Task WhatAnHtmlPageSaysIsSaid(string page, string words)
    {
        using var folder = new TemporaryFolder();
        foreach (string type in new[] { "text/html", "application/octet-stream" })
        {
            await using var server = new LocalServer(r => r.Serve(System.Text.Encoding.UTF8.GetBytes(page), type));
            var error = await Assert.ThrowsAsync<DataFetchException>(() => Download(server, folder));
            Assert.Contains($"\"{words}\"", error.Message);
        }
    }

    [Fact]
    public async Task ARedirectInACircleIsSaid()
    {
        using var folder = new TemporaryFolder();
        await using var server = new LocalServer(r => r.Head("302 Found", "Location: /data.gz?again"));
        var error = await Assert.ThrowsAsync<DataFetchException>(() => Download(server, folder));
        Assert.Contains("302", error.Message);
        Assert.Contains("/data.gz?again", error.Message);
        Assert.Contains("circle", error.Message);
        Assert.InRange(server.Requests.Count, 2, 100);
    }

    [Fact]
    public async Task AByteNowAndThenIsNoDownload()
    {
        using var folder = new TemporaryFolder();
        await using var server = new LocalServer(async r =>
        {
            await r.Head("200 OK", $"Content-Length: {Content.Length}");
            for (int i = 0; ; i++)
            {
                await r.Stream.WriteAsync(Content.AsMemory(i, 1), r.Stop);
                await Task.Delay(20, r.Stop);
            }
        });
        long start = Stopwatch.GetTimestamp();
        var error = await Assert.ThrowsAsync<DataFetchException>(() => Download(server, folder));
        Assert.Matches(@"only \d+ bytes came within", error.Message);
        Assert.Contains("bytes are kept", error.Message);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 5);
    }

    [Theory]
    [InlineData("404 Not Found")]
    [InlineData("503 Service Unavailable")]
    public async Task StatusIsSaid(string status)
    {
        using var folder = new TemporaryFolder();
        await using var server = new LocalServer(r => r.Head(status, "Content-Length: 0"));
        Assert.Contains(status, (await Assert.ThrowsAsync<DataFetchException>(() => Download(server, folder))).Message);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task AnotherLengthThanPublishedIsRefusedBeforeTheDownload()
    {
        using var folder = new TemporaryFolder();
        await using var server = new LocalServer(r => r.Serve(Content));
        var error = await Assert.ThrowsAsync<DataFetchException>(() => Download(server, folder, bytes: 123_456));
        Assert.Contains("announces 300,000 bytes, 123,456 were published", error.Message);
        Assert.False(File.Exists(folder["data.gz.part"]));
    }

    [Fact]
    public async Task AnEndlessAnswerIsCutOff()
    {
        using var folder = new TemporaryFolder();
        await using var server = new LocalServer(async r =>
        {
            await r.Head("200 OK");
            while (true)
                await r.Stream.WriteAsync(Content, r.Stop);
        });
        var error = await Assert.ThrowsAsync<DataFetchException>(() => Download(server, folder, bytes: Content.Length));
        Assert.Contains("more than 300,000 bytes came", error.Message);
        Assert.True(new FileInfo(folder["data.gz.part"]).Length < 1_000_000);
        await using var good = new LocalServer(r => r.Serve(Content));
        await Download(good, folder);
    }

    [Fact]
    public async Task ATruncatedAnswerIsAnErrorWhenItIsTheSameEachTime()
    {
        using var folder = new TemporaryFolder();
        await using var server = new LocalServer(async r =>
        {
            await r.Head("200 OK", $"Content-Length: {Content.Length}");
            await r.Stream.WriteAsync(Content.AsMemory(0, 1000), r.Stop);
        });
        var error = await Assert.ThrowsAsync<DataFetchException>(() => Download(server, folder));
        Assert.Contains("1,000 bytes are kept", error.Message);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task AWrongRangeIsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["data.gz.part"], Content[..1000]);
        await using var server = new LocalServer(r => (r with { From = 500 }).Serve(Content));
        Assert.Contains(
            "byte 1,000 was asked for",
            (await Assert.ThrowsAsync<DataFetchException>(() => Download(server, folder))).Message
        );
    }

    [Fact]
    public async Task NobodyListens()
    {
        using var folder = new TemporaryFolder();
        Uri address;
        await using (var server = new LocalServer(r => Task.CompletedTask))
            address = server.Address("data.gz");
        long start = Stopwatch.GetTimestamp();
        var error = await Assert.ThrowsAsync<DataFetchException>(() =>
            Quick.Download(new RemoteFile(address, Hash), folder["data.gz"], new Reports(), Cancel)
        );
        Assert.IsType<SocketException>(error.InnerException!.InnerException);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 3);
    }

    [Fact]
    public async Task ASilentServerIsGivenUp()
    {
        using var folder = new TemporaryFolder();
        await using var server = new LocalServer(r => Task.Delay(20_000, r.Stop));
        long start = Stopwatch.GetTimestamp();
        Assert.Contains(
            "no answer",
            (await Assert.ThrowsAsync<DataFetchException>(() => Download(server, folder))).Message
        );
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 5);
    }

    [Fact]
    public async Task CancellationKeepsWhatArrived()
    {
        using var folder = new TemporaryFolder();
        using var cancel = new CancellationTokenSource();
        await using (
            var server = new LocalServer(async r =>
            {
                await r.Head("200 OK", $"Content-Length: {Content.Length}");
                await r.Stream.WriteAsync(Content.AsMemory(0, 120_000), r.Stop);
                while (!File.Exists(folder["data.gz.part"]) || new FileInfo(folder["data.gz.part"]).Length == 0)
                    await Task.Delay(5, r.Stop);
                await cancel.CancelAsync();
                await Task.Delay(2000, r.Stop);
            })
        )
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                Download(server, folder, cancel: cancel.Token)
            );
        byte[] kept = File.ReadAllBytes(folder["data.gz.part"]);
        Assert.NotEmpty(kept);
        Assert.Equal(Content[..kept.Length], kept);
        await using var good = new LocalServer(r => r.Serve(Content));
        await Download(good, folder);
        Assert.Equal(kept.Length, Assert.Single(good.Requests).From);
    }
}
