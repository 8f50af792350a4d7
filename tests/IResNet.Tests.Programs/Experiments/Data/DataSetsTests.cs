using System.Security.Cryptography;
using IResNet.Experiments.Data;
using IResNet.Experiments.Data.Fetching;

namespace IResNet.Tests.Programs.Experiments.Data;

/// <summary>Finding, fetching, checking and installing, with a data set of 5 + 3 images of 2x2.</summary>
public sealed class DataSetsTests : IDisposable
{
    private static readonly string[] Files =
    [
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    ];

    private static readonly byte[][] Contents =
    [
        [0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 2, .. Enumerable.Range(0, 20).Select(i => (byte)i)],
        [0, 0, 8, 1, 0, 0, 0, 5, 0, 1, 0, 1, 1],
        [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2, .. Enumerable.Range(100, 12).Select(i => (byte)i)],
        [0, 0, 8, 1, 0, 0, 0, 3, 1, 1, 0],
    ];

    private static readonly Downloader Quick = new(connect: TimeSpan.FromSeconds(2), stall: TimeSpan.FromSeconds(2));

    private readonly TemporaryFolder _folder = new();
    private readonly List<DataProgress> _reports = [];

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Hex(HashAlgorithmName kind, byte[] content) =>
        Convert.ToHexStringLower(CryptographicOperations.HashData(kind, content));

    private static ImageData Tiny(params IDataSource[] sources) =>
        new(
            "tiny",
            "Tiny",
            new IdxFormat(
                "Tiny",
                new(1, 2, 2),
                [.. Contents.Select(c => Hex(HashAlgorithmName.SHA256, c))],
                ["no", "yes"]
            ),
            new Preprocessing { Std = [0.25] },
            sources
        );

    private Task<ImageDataSet> Load(ImageData data, string? from = null, bool force = false) =>
        DataSets.Ensure(
            data,
            new()
            {
                Folder = _folder["data"],
                From = from,
                Force = force,
                Progress = new Reports(_reports),
            },
            Cancel
        );

    private sealed class Reports(List<DataProgress> all) : IProgress<DataProgress>
    {
        public void Report(DataProgress value)
        {
            lock (all)
                all.Add(value);
        }
    }

    /// <summary>A server with the files, gzipped, and the source that asks it.</summary>
    private static (LocalServer Server, HttpSource Source) Publisher()
    {
        var packed = Files.Zip(Contents).ToDictionary(f => $"/{f.First}.gz", f => DataEntriesTests.Gzip(f.Second));
        var server = new LocalServer(r => r.Serve(packed[r.Path]));
        return (
            server,
            new(
                [
                    .. packed.Select(p => new RemoteFile(
                        server.Address(p.Key[1..]),
                        Checksum.Md5(Hex(HashAlgorithmName.MD5, p.Value))
                    )),
                ],
                Quick
            )
        );
    }

    private string UserFolder(string name = "mine")
    {
        Directory.CreateDirectory(_folder[name]);
        for (int i = 0; i < 4; i++)
            File.WriteAllBytes(_folder[name, Files[i]], Contents[i]);
        return _folder[name];
    }

    private static void IsTiny(ImageDataSet set)
    {
        Assert.Equal("Tiny: 5 training and 3 test images, 1x2x2, 2 classes", set.ToString());
        Assert.Equal(Contents[0][16..], set.Train.Images.ToArray());
        Assert.Equal([0, 1, 0, 1, 1], set.Train.Labels.ToArray());
        Assert.Equal(Contents[2][16..], set.Test.Images.ToArray());
        Assert.Equal([1, 1, 0], set.Test.Labels.ToArray());
        Assert.Equal([0.25], set.Classification.Std);
    }

    private void NothingIsLeftBut(params string[] names) =>
        Assert.Equal(
            names.Append("tiny.lock").Order(),
            Directory
                .GetFileSystemEntries(_folder["data"])
                .Select(Path.GetFileName)
                .Where(n => n != ".fetching")
                .Order()
        );

    [Fact]
    public async Task FetchedOnceThenFound()
    {
        var (server, source) = Publisher();
        await using var _ = server;
        var data = Tiny(source);
        IsTiny(await Load(data));
        Assert.Contains(_reports, r => r.Activity == "downloading t10k-labels-idx1-ubyte.gz");
        NothingIsLeftBut("tiny");
        Assert.Empty(Directory.GetFileSystemEntries(_folder["data", ".fetching"]));

        _reports.Clear();
        IsTiny(await Load(data));
        Assert.Empty(_reports);
        Assert.Equal(4, server.Requests.Count);
        IsTiny(await Load(data, force: true));
        Assert.Equal(8, server.Requests.Count);
        NothingIsLeftBut("tiny");
    }

    [Fact]
    public async Task TheNextSourceIsTried()
    {
        await using var gone = new LocalServer(r => r.Head("404 Not Found", "Content-Length: 0"));
        var source = new HttpSource([new(gone.Address("mnist/images.gz"), Checksum.Md5("00"))], Quick);
        IsTiny(await Load(Tiny(source, new LocalSource(UserFolder()))));
        Assert.Contains(_reports, r => r.Activity.Contains("404 Not Found"));
    }

    [Fact]
    public async Task WhenAllFailTheErrorListsThemAll()
    {
        await using var html = new LocalServer(r => r.Serve("<html>log in</html>"u8.ToArray(), "text/html"));
        var http = new HttpSource([new(html.Address("images.gz"), Checksum.Md5("00"))], Quick);
        Directory.CreateDirectory(_folder["empty"]);
        var error = await Assert.ThrowsAsync<DataUnavailableException>(() =>
            Load(Tiny(http, new LocalSource(_folder["nowhere"], "install it"), new LocalSource(_folder["empty"])))
        );
        Assert.Equal(3, error.Attempts.Count);
        Assert.Matches(
            @"(?s)Tiny could not be fetched\. Tried:\n  1\. http://127\.0\.0\.1:\d+/images\.gz: an HTML page.*\n"
                + @"  2\. .*nowhere: there is no such file or folder \(install it\)\.\n"
                + @"  3\. .*empty: found no train-images-idx3-ubyte.*--from",
            error.Message
        );
        NothingIsLeftBut();
        IsTiny(await Load(Tiny(http), from: UserFolder()));
    }

    [Fact]
    public async Task FromAnArchive()
    {
        File.WriteAllBytes(
            _folder["mine.tar.gz"],
            DataEntriesTests.Gzip(DataEntriesTests.Tar([.. Files.Zip(Contents, (f, c) => ($"package/data/{f}", c))]))
        );
        IsTiny(await Load(Tiny(), from: _folder["mine.tar.gz"]));
    }

    [Fact]
    public async Task FromAFolderWithOtherSpellings()
    {
        Directory.CreateDirectory(_folder["mine", "MNIST", "raw"]);
        for (int i = 0; i < 4; i++)
            File.WriteAllBytes(
                _folder["mine", "MNIST", "raw", Files[i].Replace("-idx", ".idx") + ".gz"],
                DataEntriesTests.Gzip(Contents[i])
            );
        IsTiny(await Load(Tiny(), from: _folder["mine"]));
    }

    [Fact]
    public async Task FromReplacesOnlyWhenForced()
    {
        var (first, second) = (UserFolder("first"), UserFolder("second"));
        await Load(Tiny(), from: first);
        IsTiny(await Load(Tiny(), from: first));
        var error = await Assert.ThrowsAsync<DataFetchException>(() => Load(Tiny(), from: second));
        Assert.Contains($"already there, from {first}: use --force", error.Message);
        await Load(Tiny(), from: second, force: true);
        Assert.Equal(second, new DataFolder(_folder["data"]).Find(Tiny())!.Source);
        NothingIsLeftBut("tiny");
    }

    [Fact]
    public async Task AForcedFetchThatFailsKeepsWhatIsThere()
    {
        await Load(Tiny(), from: UserFolder());
        await Assert.ThrowsAsync<DataUnavailableException>(() => Load(Tiny(), force: true));
        IsTiny(await Load(Tiny()));
    }

    [Fact]
    public async Task SwappedFilesAreRefusedAndStayUntouched()
    {
        string mine = UserFolder();
        File.Move(_folder["mine", Files[1]], _folder["mine", "x"]);
        File.Move(_folder["mine", Files[3]], _folder["mine", Files[1]]);
        File.Move(_folder["mine", "x"], _folder["mine", Files[3]]);
        var error = await Assert.ThrowsAsync<DataIntegrityException>(() => Load(Tiny(), from: mine));
        Assert.Contains(error.Expected.Hex, error.Message);
        Assert.Contains(Hex(HashAlgorithmName.SHA256, Contents[3]), error.Message);
        Assert.Equal(4, Directory.GetFiles(mine).Length);
        NothingIsLeftBut();
    }

    public static TheoryData<string> Damages =>
        ["flipped bit", "truncated", "missing", "manifest", "no names in the manifest"];

    [Theory, MemberData(nameof(Damages))]
    public async Task ADamagedDataSetIsSetAsideAndFetchedAgain(string damage)
    {
        var (server, source) = Publisher();
        await using var _ = server;
        var data = Tiny(source);
        await Load(data);
        string path = _folder["data", "tiny", damage.Contains("manifest") ? "dataset.json" : Files[2]];
        byte[] content = File.ReadAllBytes(path);
        switch (damage)
        {
            case "flipped bit":
                content[20] ^= 1;
                File.WriteAllBytes(path, content);
                break;
            case "truncated":
                File.WriteAllBytes(path, content[..20]);
                break;
            case "missing":
                File.Delete(path);
                break;
            case "manifest":
                File.WriteAllBytes(path, content[..30]);
                break;
            default:
                File.WriteAllText(path, "{}");
                break;
        }
        _reports.Clear();
        IsTiny(await Load(data));
        Assert.Contains(_reports, r => r.Activity.Contains("Set aside as " + _folder["data", "tiny.rejected"]));
        NothingIsLeftBut("tiny", "tiny.rejected");
        _reports.Clear();
        IsTiny(await Load(data));
        Assert.Empty(_reports);
    }

    [Fact]
    public async Task AnInterruptedInstallationIsRepaired()
    {
        await Load(Tiny(), from: UserFolder());
        // As a process leaves it that dies between the two renames, with half a new copy beside.
        Directory.Move(_folder["data", "tiny"], _folder["data", "tiny.old"]);
        Directory.CreateDirectory(_folder["data", "tiny.new"]);
        File.WriteAllText(_folder["data", "tiny.new", Files[0]], "half");
        IsTiny(await Load(Tiny()));
        await Load(Tiny(), from: UserFolder(), force: true);
        NothingIsLeftBut("tiny");
    }

    [Fact]
    public async Task OneFetchesWhileOthersWait()
    {
        var (server, source) = Publisher();
        await using var _ = server;
        var data = Tiny(source);
        foreach (var set in await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Load(data)))))
            IsTiny(set);
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task NamesAreKnown()
    {
        Assert.Equal(["mnist", "fashion-mnist", "cifar10", "cifar100"], DataSets.Names);
        Assert.Contains(
            "choose mnist, fashion-mnist",
            (await Assert.ThrowsAsync<ArgumentException>(() => DataSets.Load("minst", cancel: Cancel))).Message
        );
        Assert.Equal([10, 10, 10, 100], Catalogue.All.Select(d => d.Classes.Distinct().Count()));
        Assert.Equal(Catalogue.Cifar100.Classes.Order(StringComparer.Ordinal), Catalogue.Cifar100.Classes);
    }

    /// <summary>Mean and deviation per channel as published; three channels do not make a CIFAR-10.</summary>
    [Fact]
    public void EachDataSetHasItsOwnShapeAndStatistics()
    {
        Assert.Equal(
            [new ImageShape(1, 28, 28), new(1, 28, 28), new(3, 32, 32), new(3, 32, 32)],
            Catalogue.All.Select(d => d.Shape)
        );
        Assert.Equal([0.4914, 0.4822, 0.4465], Catalogue.Cifar10.Classification.Mean);
        Assert.Equal([0.2023, 0.1994, 0.2010], Catalogue.Cifar10.Classification.Std);
        Assert.Equal([0.5071, 0.4865, 0.4409], Catalogue.Cifar100.Classification.Mean);
        Assert.Equal([0.2673, 0.2564, 0.2762], Catalogue.Cifar100.Classification.Std);
        Assert.All(Catalogue.All, d => d.Classification.Check(d.Shape));
        // A set of one's own is taken as it is.
        var own = new ImageDataSet("own", ["a"], SmallData.Images(4, new(3, 8, 8)), SmallData.Images(2, new(3, 8, 8)));
        Assert.Equal([0.5], own.Classification.Mean);
        Assert.Equal([1], own.Classification.Std);
        Assert.Equal((0, false), (own.Classification.MaxShift, own.Classification.Flip));
    }
}
