using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace IResNet.Experiments.Data.Fetching;

/// <summary>
/// Downloads a published file. Bytes go to <c>NAME.part</c>, which a later call continues; the file gets its name only
/// when length and checksum are right, else it is set aside as <c>NAME.rejected</c>.
/// </summary>
/// <param name="connect">How long to wait for a connection, name resolution included.</param>
/// <param name="stall">How long to wait for the answer, and for each 16 KiB of it.</param>
internal sealed partial class Downloader(TimeSpan connect, TimeSpan stall)
{
    private const int Tries = 4;
    private const int LeastPiece = 1 << 14;
    private const long LargestUnknown = 256 << 20;

    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = connect })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { UserAgent = { new ProductInfoHeaderValue("iresnet", "0.1") } },
    };

    /// <summary>Downloads, or continues a download.</summary>
    /// <exception cref="DataFetchException">Unreachable, refused, stalled, broken off again and again, or an HTML page
    /// came.</exception>
    /// <exception cref="DataIntegrityException">The checksum is wrong.</exception>
    public async Task Download(
        RemoteFile file,
        string target,
        IProgress<DataProgress> progress,
        CancellationToken cancel
    )
    {
        if (File.Exists(target))
            return;
        string part = target + ".part";
        for (int attempt = 1; ; attempt++)
        {
            long before = LengthOf(part);
            try
            {
                await Transfer(file, part, progress, cancel);
                break;
            }
            catch (Exception e) when (IsOfTheNetwork(e) && !cancel.IsCancellationRequested)
            {
                // A connection that broke off is taken up again at once, as long as each try brings something.
                if (attempt == Tries || LengthOf(part) <= before)
                    throw new DataFetchException(file.Address.ToString(), Reason(e, LengthOf(part)), e);
                progress.Report(new($"connection lost, continuing {file.Name}"));
            }
        }

        if (file.Checksum.OfFile(part) is var actual && actual != file.Checksum.Hex)
        {
            string rejected = target + ".rejected";
            File.Move(part, rejected, overwrite: true);
            throw new DataIntegrityException(file.Address.ToString(), file.Checksum, actual, rejected);
        }
        File.Move(part, target);
    }

    private async Task Transfer(
        RemoteFile file,
        string part,
        IProgress<DataProgress> progress,
        CancellationToken cancel
    )
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(connect + stall);
        using var request = new HttpRequestMessage(HttpMethod.Get, file.Address);
        long have = LengthOf(part);
        if (have > 0)
            request.Headers.Range = new RangeHeaderValue(have, null);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);

        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && have > 0)
        {
            if (response.Content.Headers.ContentRange?.Length == have)
                return;
            // The file there is not the one that was begun: start afresh.
            File.Delete(part);
            await Transfer(file, part, progress, cancel);
            return;
        }
        if ((int)response.StatusCode is >= 300 and < 400)
            throw new DataFetchException(
                file.Address.ToString(),
                $"HTTP status {(int)response.StatusCode}, a redirect to {response.Headers.Location} that leads "
                    + "nowhere (it goes round in a circle, or from https to http)"
            );
        if (!response.IsSuccessStatusCode)
            throw new DataFetchException(
                file.Address.ToString(),
                $"HTTP status {(int)response.StatusCode} {response.ReasonPhrase}"
            );
        if (response.Content.Headers.ContentType?.MediaType is "text/html" or "application/xhtml+xml")
            throw HtmlPage(file, await Beginning(response.Content, patience.Token));
        if (response.StatusCode != HttpStatusCode.PartialContent)
            have = 0;
        else if (response.Content.Headers.ContentRange?.From != have)
            throw new DataFetchException(
                file.Address.ToString(),
                $"byte {have:N0} was asked for, {response.Content.Headers.ContentRange} came"
            );
        long? total = response.Content.Headers.ContentLength is { } rest ? have + rest : file.Bytes;
        if (file.Bytes is { } published && total != published)
            throw new DataFetchException(
                file.Address.ToString(),
                $"the server announces {total:N0} bytes, {published:N0} were published"
            );

        await using var output = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write);
        output.SetLength(have);
        output.Position = have;
        await using var input = await response.Content.ReadAsStreamAsync(patience.Token);
        byte[] buffer = new byte[1 << 17];
        var (start, received, reported, piece) = (Stopwatch.GetTimestamp(), 0L, 0L, 0L);
        patience.CancelAfter(stall);
        while (true)
        {
            int read;
            try
            {
                read = await input.ReadAsync(buffer, patience.Token);
            }
            catch (OperationCanceledException) when (piece > 0 && !cancel.IsCancellationRequested)
            {
                output.Flush(flushToDisk: true);
                throw new HttpRequestException($"only {piece:N0} bytes came within {stall.TotalSeconds:F0} s");
            }
            if (read == 0)
                break;
            // A byte now and then is no download: patience lasts for a whole piece.
            if ((piece += read) >= LeastPiece)
            {
                piece = 0;
                patience.CancelAfter(stall);
            }
            if (have + received == 0 && LooksLikeHtml(buffer.AsSpan(0, read)))
                throw HtmlPage(file, Text(buffer.AsSpan(0, read)));
            await output.WriteAsync(buffer.AsMemory(0, read), patience.Token);
            received += read;
            if (have + received > (total ?? LargestUnknown))
                throw new DataFetchException(
                    file.Address.ToString(),
                    $"more than {total ?? LargestUnknown:N0} bytes came"
                );
            if (Stopwatch.GetElapsedTime(reported) > TimeSpan.FromMilliseconds(100))
            {
                reported = Stopwatch.GetTimestamp();
                Report();
            }
        }
        output.Flush(flushToDisk: true);
        if (total is { } whole && have + received < whole)
            throw new HttpRequestException($"the connection ended after {have + received:N0} of {whole:N0} bytes");
        Report();

        void Report() =>
            progress.Report(
                new(
                    $"downloading {file.Name}",
                    have + received,
                    total,
                    received / Math.Max(1e-3, Stopwatch.GetElapsedTime(start).TotalSeconds)
                )
            );
    }

    private static long LengthOf(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;

    private static bool IsOfTheNetwork(Exception e) =>
        e is HttpRequestException or HttpIOException or SocketException or OperationCanceledException
        || (e is IOException && e.InnerException is SocketException);

    private string Reason(Exception e, long have)
    {
        string reason = e switch
        {
            OperationCanceledException => $"no answer within {stall.TotalSeconds:F0} s",
            { InnerException: SocketException inner } => inner.Message,
            _ => e.Message,
        };
        return reason.TrimEnd('.') + (have > 0 ? $" ({have:N0} bytes are kept: run again to continue)" : "");
    }

    private static DataFetchException HtmlPage(RemoteFile file, string page) =>
        new(
            file.Address.ToString(),
            "an HTML page came instead of the file (a login page of the network, or the file has moved)"
                + (page.Length > 0 ? $": \"{page}\"" : "")
        );

    /// <summary>What a page says at its beginning; nothing where that cannot be had.</summary>
    private static async Task<string> Beginning(HttpContent content, CancellationToken cancel)
    {
        try
        {
            await using var page = await content.ReadAsStreamAsync(cancel);
            byte[] buffer = new byte[4096];
            return Text(buffer.AsSpan(0, await page.ReadAtLeastAsync(buffer, buffer.Length, false, cancel)));
        }
        catch (Exception e) when (IsOfTheNetwork(e))
        {
            return "";
        }
    }

    /// <summary>The title of a page, else its first words.</summary>
    private static string Text(ReadOnlySpan<byte> page)
    {
        string html = Encoding.UTF8.GetString(page);
        var title = Title().Match(html);
        string text = title.Success ? title.Groups[1].Value : Markup().Replace(html, " ");
        string words = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return words.Length > 80 ? words[..80] + "…" : words;
    }

    [GeneratedRegex(@"<title[^>]*>([^<]*)</title", RegexOptions.IgnoreCase)]
    private static partial Regex Title();

    [GeneratedRegex(@"<(script|style)[^>]*>.*?</\1>|<[^>]*>", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Markup();

    private static bool LooksLikeHtml(ReadOnlySpan<byte> start) =>
        start.TrimStart("\uFEFF \t\r\n"u8) is [(byte)'<', ..];
}
