using System.Formats.Tar;
using System.IO.Compression;
using IResNet.Experiments.Data;
using IResNet.Experiments.Data.Fetching;

namespace IResNet.Tests.Programs.Experiments.Data;

public class DataEntriesTests
{
    // A tar archive of a.txt ("alpha") and sub/b.bin.gz (1,000 zeros), by tar cJ: .NET has no xz to make it here.
    private const string Xz =
        "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4Cf/AJtdADCLiofEDvKXpPh1PcWp7dmXqh+bSpmjHhKpegbWhSnJ5QJg36rJM5QtrsVm"
        + "tte3YjbH3rHIHeaVGajbO9Cay1hb62Az3hKRXGIhUlTv9GT7EJVAImeMZV+Py1gFEBI/eoGwF1dnTbEg+YgPOvQvAPDnD1pT4ZQP"
        + "06gFBltGIGPifUZTVRNH0Du+UWX4B6b31q7I1amkoMZKbsYAAACeuZ/U4Q63WQABtwGAUAAAK0YfeLHEZ/sCAAAAAARZWg==";

    private static List<(string Path, string Hex)> Read(string path) =>
        [
            .. DataEntries
                .In(path)
                .Select(e =>
                {
                    using var content = new MemoryStream();
                    e.CopyTo(content, 1 << 20);
                    return (e.Path, Convert.ToHexString(content.ToArray()));
                }),
        ];

    internal static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(content);
        return packed.ToArray();
    }

    internal static byte[] Tar(params (string Name, byte[] Content)[] files)
    {
        using var packed = new MemoryStream();
        using (var tar = new TarWriter(packed))
            foreach (var (name, content) in files)
                tar.WriteEntry(
                    new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) }
                );
        return packed.ToArray();
    }

    private static readonly byte[] Small = Tar(("a.txt", "alpha"u8.ToArray()), ("sub/b.bin.gz", Gzip(new byte[1000])));

    private static void IsSmall(string path) =>
        Assert.Equal([("a.txt", Convert.ToHexString("alpha"u8)), ("sub/b.bin", new string('0', 2000))], Read(path));

    [Fact]
    public void EveryKindOfArchive()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["a.tar"], Small);
        File.WriteAllBytes(folder["b.tar.gz"], Gzip(Small));
        File.WriteAllBytes(folder["c.tgz"], Gzip(Small));
        File.WriteAllBytes(folder["d.tar.gz"], Small); // unpacked by a browser
        File.WriteAllBytes(folder["e.tar.xz"], Convert.FromBase64String(Xz));
        foreach (string file in Directory.GetFiles(folder.Path))
            IsSmall(file);
        Assert.Equal(10, Read(folder.Path).Count); // archives in a folder
    }

    [Fact]
    public void FoldersAndSingleFiles()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["sub"]);
        File.WriteAllText(folder["a.txt"], "alpha");
        File.WriteAllBytes(folder["sub", "b.bin.gz"], Gzip(new byte[1000]));
        IsSmall(folder.Path);
        Assert.Equal([("b.bin", new string('0', 2000))], Read(folder["sub", "b.bin.gz"]));
    }

    [Theory]
    [InlineData("../evil.txt")]
    [InlineData("sub/../../evil.txt")]
    [InlineData("/tmp/evil.txt")]
    [InlineData("..\\evil.txt")]
    [InlineData("C:/evil.txt")]
    public void PathsOutsideAreRefused(string name)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["evil.tar.gz"], Gzip(Tar(("good.txt", [1]), (name, [2]))));
        Assert.Contains("evil.txt", Assert.Throws<DataFormatException>(() => Read(folder["evil.tar.gz"])).Message);
    }

    [Fact]
    public void LinksAreNotFollowed()
    {
        using var folder = new TemporaryFolder();
        using (var tar = new TarWriter(File.Create(folder["links.tar"])))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = "/etc/passwd" });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "hard") { LinkName = "/etc/passwd" });
        }
        Assert.Empty(Read(folder["links.tar"]));
    }

    [Fact]
    public void TooLongAFileIsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["bomb.gz"], Gzip(new byte[2_000_000]));
        Assert.Contains(
            "more than 1,048,576 bytes",
            Assert.Throws<DataFormatException>(() => Read(folder["bomb.gz"])).Message
        );
    }

    public static TheoryData<string> Archives => ["gz", "xz"];

    /// <summary>
    /// What is read from a damaged archive is either refused or equal to the intact one's (a flipped bit in a time
    /// stamp or in padding).
    /// </summary>
    private static bool Refused(string path, byte[] content)
    {
        File.WriteAllBytes(path, content);
        try
        {
            IsSmall(path);
            return false;
        }
        catch (DataFormatException)
        {
            return true;
        }
    }

    [Theory, MemberData(nameof(Archives))]
    public void TruncationIsRefused(string kind)
    {
        using var folder = new TemporaryFolder();
        byte[] intact = kind == "gz" ? Gzip(Small) : Convert.FromBase64String(Xz);
        // Of gzip's last bytes, all that is missing is its checksum and zeros at the archive's end.
        for (int length = 0; length < intact.Length; length++)
            Assert.True(
                Refused(folder[$"cut.tar.{kind}"], intact[..length]) || (kind == "gz" && length > intact.Length - 20),
                $"{length} of {intact.Length} bytes were taken"
            );
    }

    [Theory, MemberData(nameof(Archives))]
    public void FlippedBytesGiveTypedErrors(string kind)
    {
        using var folder = new TemporaryFolder();
        byte[] intact = kind == "gz" ? Gzip(Small) : Convert.FromBase64String(Xz);
        int refused = 0;
        for (int at = 0; at < intact.Length; at++)
        {
            byte[] damaged = [.. intact];
            damaged[at] ^= 0x10;
            refused += Refused(folder[$"flip.tar.{kind}"], damaged) ? 1 : 0;
        }
        // What is taken has the right content: changed were a time stamp, or a code for which another stands for the
        // same zeros.
        Assert.InRange(refused, intact.Length * 9 / 10, intact.Length);
    }
}
