using System.Security.Cryptography;
using IResNet.Experiments.Data;
using IResNet.Experiments.Data.Fetching;
using SkiaSharp;

namespace IResNet.Tests.Programs.Experiments.Data;

public class CifarFormatTests
{
    private static readonly string[] Classes = ["bird", "cat", "dog"];

    /// <summary>
    /// Two training files of 3 rows and a test file of 4; of the first 2 rows of each file the checksum is known too.
    /// </summary>
    private sealed class Small
    {
        public Small(int labelBytes)
        {
            var random = new Random(1);
            foreach (var (name, rows) in new[] { ("one.bin", 3), ("two.bin", 3), ("test.bin", 4) })
            {
                byte[] content = new byte[rows * CifarReader.RowBytes(labelBytes)];
                random.NextBytes(content);
                for (int i = 0; i < rows; i++)
                    content[i * CifarReader.RowBytes(labelBytes) + labelBytes - 1] = (byte)((i + name.Length) % 3);
                Contents[name] = content;
            }
            string Hash(string name, int rows) =>
                Convert.ToHexStringLower(
                    SHA256.HashData(Contents[name].AsSpan(0, rows * CifarReader.RowBytes(labelBytes)))
                );
            Format = new()
            {
                Title = "Tiny",
                TrainFiles = ["one.bin", "two.bin"],
                TrainRows = 3,
                TestFile = "test.bin",
                TestRows = 4,
                LabelBytes = labelBytes,
                Classes = Classes,
                Sha256 = [Hash("one.bin", 3), Hash("two.bin", 3), Hash("test.bin", 4)],
                HeadRows = 2,
                HeadSha256 = [Hash("one.bin", 2), Hash("two.bin", 2), Hash("test.bin", 2)],
            };
        }

        public CifarFormat Format { get; }

        public Dictionary<string, byte[]> Contents { get; } = [];

        public Small Cut(int rows, params string[] names)
        {
            foreach (string name in names.Length == 0 ? [.. Contents.Keys] : names)
                Contents[name] = Contents[name][..(rows * CifarReader.RowBytes(Format.LabelBytes))];
            return this;
        }

        public Small Flip(string name, int at)
        {
            Contents[name][at] ^= 1;
            return this;
        }

        public ImageDataSet Import()
        {
            using var folder = new TemporaryFolder();
            var entries = Contents.Select(c => new DataEntry("inside/" + c.Key, () => new MemoryStream(c.Value)));
            string name = Format.Import(entries, "source", folder.Path, TestContext.Current.CancellationToken);
            return Format.Read(name, [.. Format.Files.Select(f => (f, File.ReadAllBytes(folder[f])))]);
        }
    }

    private static string Refused(Func<object> import) => Assert.Throws<DataFormatException>(import).Message;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void ReadsAllFiles(int labelBytes)
    {
        var small = new Small(labelBytes);
        var set = small.Import();
        Assert.Equal("Tiny", set.Name);
        Assert.Equal((6, 4), (set.Train.Count, set.Test.Count));
        Assert.Equal(new(3, 32, 32), set.Shape);
        Assert.Equal([1, 2, 0, 1, 2, 0], set.Train.Labels.ToArray());
        Assert.Equal([2, 0, 1, 2], set.Test.Labels.ToArray());
        // The fifth training image is the second row of the second file.
        int row = CifarReader.RowBytes(labelBytes);
        Assert.Equal(small.Contents["two.bin"][(row + labelBytes)..(2 * row)], set.Train.Image(4).ToArray());
    }

    [Fact]
    public void NamesTellWhatIsNotAsPublished()
    {
        Assert.Equal("Tiny (unverified copy)", new Small(1).Flip("two.bin", 100).Import().Name);
        Assert.Equal("Tiny (first 2 of each file)", new Small(1).Cut(2).Import().Name);
        Assert.Equal(
            "Tiny (first 2 of each file, unverified copy)",
            new Small(1).Cut(2).Flip("test.bin", 100).Import().Name
        );
        Assert.Equal("Tiny (first 1 of each file, unverified copy)", new Small(1).Cut(1).Import().Name);
    }

    [Fact]
    public void SaysWhatIsWrong()
    {
        Assert.Contains(
            "found 3, 2, 4 rows in one.bin, two.bin, test.bin",
            Refused(() => new Small(1).Cut(2, "two.bin").Import())
        );
        var odd = new Small(1);
        odd.Contents["one.bin"] = odd.Contents["one.bin"][..^1];
        Assert.Contains("one.bin: found 9,218 bytes; expected a multiple of 3073", Refused(() => odd.Import()));
        var without = new Small(1);
        without.Contents.Remove("test.bin");
        Assert.Contains("no test.bin", Refused(() => without.Import()));
        var empty = new Small(1);
        empty.Contents["one.bin"] = [];
        Assert.Contains("found 0 bytes", Refused(() => empty.Import()));
        var label = new Small(1);
        label.Contents["two.bin"][3073] = 3;
        Assert.Contains("two.bin: found label 3 in row 1; expected labels 0 to 2", Refused(() => label.Import()));
        var large = new Small(1);
        large.Contents["two.bin"] = new byte[5 * 3073];
        Assert.Contains("more than 12,292 bytes", Refused(() => large.Import()));
    }

    [Fact]
    public void RandomBytesGiveNothingButTypedErrors()
    {
        var random = new Random(1);
        for (int i = 0; i < 200; i++)
        {
            var small = new Small(1 + i % 2);
            foreach (string name in small.Contents.Keys)
            {
                small.Contents[name] = new byte[i % 3 == 0 ? random.Next(20_000) : small.Contents[name].Length];
                random.NextBytes(small.Contents[name]);
            }
            Assert.Throws<DataFormatException>(small.Import);
        }
    }

    private static byte[] Jpeg(byte grey, int size = 32, SKEncodedImageFormat format = SKEncodedImageFormat.Jpeg)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(size, size, SKColorType.Rgba8888, SKAlphaType.Opaque));
        bitmap.Erase(new SKColor(grey, (byte)(grey / 2), 10));
        using var data = bitmap.Encode(format, 95);
        return data.ToArray();
    }

    private static ImageDataSet ImportPictures(params (string Path, byte[] Content)[] pictures)
    {
        var small = new Small(1);
        small.Contents.Clear();
        foreach (var (path, content) in pictures)
            small.Contents[path] = content;
        return small.Import();
    }

    [Fact]
    public void PicturesInFolders()
    {
        var pictures = new List<(string, byte[])> { ("readme.txt", "hello"u8.ToArray()) };
        // Written class after class, the images come with the classes taking turns.
        for (int c = 0; c < 3; c++)
        {
            for (int i = 0; i < 2; i++)
                pictures.Add(($"train/{Classes[c]}/{i:D4}.jpg", Jpeg((byte)(100 + 30 * c + 10 * i))));
            pictures.Add(($"test/{Classes[c]}/0000.JPEG", Jpeg(200)));
        }
        pictures.Add(("test/dog/0001.jpg", Jpeg(210)));
        var set = ImportPictures([.. pictures]);
        Assert.Equal("Tiny (JPEG)", set.Name);
        Assert.Equal([0, 1, 2, 0, 1, 2], set.Train.Labels.ToArray());
        Assert.Equal([0, 1, 2, 2], set.Test.Labels.ToArray());
        for (int i = 0; i < 6; i++)
        {
            int grey = 100 + 30 * (i % 3) + 10 * (i / 3);
            Assert.All(set.Train.Image(i)[..1024].ToArray(), p => Assert.InRange(p, grey - 3, grey + 3));
            Assert.All(set.Train.Image(i)[1024..2048].ToArray(), p => Assert.InRange(p, grey / 2 - 3, grey / 2 + 3));
            Assert.All(set.Train.Image(i)[2048..].ToArray(), p => Assert.InRange(p, 7, 13));
        }
    }

    [Fact]
    public void FewerPicturesAreCounted() =>
        Assert.Equal(
            "Tiny (JPEG, 2 + 1 images)",
            ImportPictures(("train/cat/1.jpg", Jpeg(1)), ("train/dog/1.jpg", Jpeg(2)), ("test/cat/1.jpg", Jpeg(3))).Name
        );

    [Fact]
    public void WrongPicturesAreRefused()
    {
        Assert.Contains("a Jpeg of 16x16", Refused(() => ImportPictures(("train/cat/1.jpg", Jpeg(1, size: 16)))));
        Assert.Contains(
            "a Png of 32x32",
            Refused(() => ImportPictures(("train/cat/1.jpg", Jpeg(1, format: SKEncodedImageFormat.Png))))
        );
        Assert.Contains("no picture", Refused(() => ImportPictures(("train/cat/1.jpg", new byte[100]))));
        Assert.Contains("a damaged picture", Refused(() => ImportPictures(("train/cat/1.jpg", Jpeg(1)[..^10]))));
        Assert.Contains(
            "a folder 'cow'; expected a class: bird, cat, dog",
            Refused(() => ImportPictures(("train/cow/1.jpg", Jpeg(1))))
        );
        Assert.Contains(
            "1 pictures below train, 0 below test",
            Refused(() => ImportPictures(("train/cat/1.jpg", Jpeg(1))))
        );
        Assert.Contains(
            "more than 1,048,576 bytes",
            Refused(() => ImportPictures(("train/cat/1.jpg", new byte[2_000_000])))
        );
        Assert.Contains("no one.bin", Refused(() => ImportPictures()));
    }
}
