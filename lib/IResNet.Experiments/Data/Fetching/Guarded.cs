namespace IResNet.Experiments.Data.Fetching;

/// <summary>
/// A stream to read forwards, whose decompressor's errors come out as <see cref="DataFormatException"/>, and which ends
/// at a limit.
/// </summary>
internal sealed class Guarded(Stream inner, string file, long limit = long.MaxValue) : Stream
{
    private long _read;

    public override int Read(Span<byte> buffer)
    {
        int count;
        try
        {
            count = inner.Read(buffer);
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw new DataFormatException(
                file,
                $"damaged data after {_read:N0} bytes ({e.Message.TrimEnd('.')})",
                "an intact file",
                e
            );
        }
        if ((_read += count) > limit)
            throw new DataFormatException(file, $"more than {limit:N0} bytes", "a smaller file");
        return count;
    }

    /// <summary>
    /// Whether a decoder's exception means that its input is wrong: all but a fault of the disk or of the program.
    /// </summary>
    public static bool IsDamage(Exception e) =>
        e
            is InvalidDataException
                or EndOfStreamException
                or not (IOException or DataSetException or ObjectDisposedException or OutOfMemoryException);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
