using System.Diagnostics;
using System.Text;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;
using IResNet.Workbook.Notebooks;

namespace IResNet.Tests.Programs.Experiments.Drills;

/// <summary>
/// All readers on mutated files: nothing but their own typed errors, and memory in proportion to the file. The mutation
/// is random but guided: an input that makes a reader behave in a new way (another outcome, or the same error from
/// another place) joins the corpus from which the next ones are made.
/// </summary>
[Trait("Category", Drill.Category)]
public class FuzzDrill
{
    public static TheoryData<string> Readers =>
        [
            "safetensors",
            "idx images",
            "idx labels",
            "cifar",
            "configuration",
            "manifest",
            "manifest's body",
            "summary",
            "metrics",
            "notebook",
        ];

    [Theory, MemberData(nameof(Readers))]
    public void OnlyTypedErrorsAndBoundedMemory(string reader)
    {
        var (seeds, read, expected) = Of(reader);
        var random = new Random(reader.Length * 7919);
        var corpus = new List<byte[]>(seeds);
        var behaviours = new HashSet<string>();
        foreach (byte[] seed in seeds)
            Assert.Equal("read", Behaviour(read, expected, seed)); // the unharmed files are read
        long tensors = Tensor.TotalCount;
        var (clock, time, count) = (Stopwatch.StartNew(), Drill.Time(fastSeconds: 0.4, fullSeconds: 70), 0);
        for (; clock.Elapsed < time; count++)
        {
            byte[] input = Mutate(corpus[random.Next(corpus.Count)], corpus, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            string behaviour = Behaviour(read, expected, input);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(
                allocated < (4 << 20) + 300L * input.Length,
                $"{allocated:N0} bytes for a file of {input.Length:N0}: {Convert.ToBase64String(input)}"
            );
            if (behaviours.Add(behaviour) && corpus.Count < 2000)
                corpus.Add(input);
        }
        Assert.InRange(Tensor.TotalCount, 0, tensors);
        Drill.Say(
            $"{reader}: {count:N0} inputs in {time.TotalSeconds:F0} s, {behaviours.Count} kinds of behaviour, only "
                + "typed errors"
        );
    }

    /// <summary>
    /// "read", or the error and the place that threw it. Anything but the expected error is a failure with the input
    /// that caused it.
    /// </summary>
    private static string Behaviour(Action<byte[]> read, Type expected, byte[] input)
    {
        try
        {
            read(input);
            return "read";
        }
        catch (Exception fault) when (fault.GetType() == expected)
        {
            var place = new StackTrace(fault).GetFrame(0);
            return $"{place?.GetMethod()?.DeclaringType?.Name}.{place?.GetMethod()?.Name}+{place?.GetILOffset()} "
                + $"{fault.InnerException?.GetType().Name}";
        }
        catch (Exception fault)
        {
            throw new Xunit.Sdk.XunitException(
                $"{fault.GetType().Name}, expected {expected.Name}: {fault.Message}\n{fault.StackTrace}\ninput: "
                    + $"{Convert.ToBase64String(input)}"
            );
        }
    }

    private static (byte[][] Seeds, Action<byte[]> Read, Type Expected) Of(string reader)
    {
        string file = Path.Combine(Path.GetTempPath(), $"iresnet-fuzz-{Environment.ProcessId}");
        Action<byte[]> FromFile(Action<string> read) =>
            bytes =>
            {
                File.WriteAllBytes(file, bytes);
                try
                {
                    read(file);
                }
                finally
                {
                    File.Delete(file);
                }
            };
        byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
        string Utf8(byte[] bytes) => Encoding.UTF8.GetString(bytes);
        switch (reader)
        {
            case "safetensors":
                return (
                    SafeTensorsSeeds(),
                    bytes => SafeTensors.Read(new MemoryStream(bytes)).Dispose(),
                    typeof(WeightsFormatException)
                );
            case "idx images":
                return (
                    [
                        [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2, .. new byte[12]],
                    ],
                    bytes => IdxReader.Images("images", bytes),
                    typeof(DataFormatException)
                );
            case "idx labels":
                return (
                    [
                        [0, 0, 8, 1, 0, 0, 0, 4, 1, 2, 3, 4],
                    ],
                    bytes => IdxReader.Labels("labels", bytes, 10),
                    typeof(DataFormatException)
                );
            case "cifar":
                return (
                    [
                        [1, .. new byte[3072], 9, .. new byte[3072]],
                    ],
                    Cifar,
                    typeof(DataFormatException)
                );
            case "configuration":
                return (
                    [
                        .. ExperimentCatalogue.Names.Select(name =>
                            Text(ExperimentJson.Write(ExperimentCatalogue.Get(name, "quick")))
                        ),
                    ],
                    bytes => ExperimentJson.Read(Utf8(bytes)),
                    typeof(ConfigurationException)
                );
            case "manifest":
                return ([Manifest()], FromFile(path => CheckpointManifest.Read(path)), typeof(CheckpointException));
            case "manifest's body": // behind a right hash, which no mutation of the file would find
                string body = System
                    .Text.Json.JsonDocument.Parse(Manifest())
                    .RootElement.GetProperty("manifest")
                    .GetRawText();
                return (
                    [Text(body)],
                    FromFile(path =>
                    {
                        string text = Utf8(File.ReadAllBytes(path));
                        string hash = Convert.ToHexStringLower(
                            System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text))
                        );
                        File.WriteAllText(path, $$"""{"sha256":"{{hash}}","manifest":{{text}}}""");
                        CheckpointManifest.Read(path);
                    }),
                    typeof(CheckpointException)
                );
            case "summary":
                return (
                    [
                        Text(
                            """
                            {"state":"running","experiment":"density-toy","preset":"quick","seed":1,"step":3,
                            "best":{"metric":"nats","value":4.1,"step":2}}
                            """
                        ),
                    ],
                    FromFile(path => RunSummary.Read(path, isHeld: true)),
                    typeof(RunFolderException)
                );
            case "metrics":
                // A cut or damaged line ends the reading: no error at all.
                return (
                    [Text("{\"step\":10,\"loss\":1.5}\n{\"step\":20,\"metric\":\"nats\",\"value\":4}\n")],
                    FromFile(path => MetricsLog.Numbers(path, "loss").Count()),
                    typeof(RunFolderException)
                );
            default:
                return (
                    [
                        File.ReadAllBytes(Path.Combine(Repository.Root, "notebooks", "00-start-here.ipynb")),
                        Text(SmallNotebook),
                    ],
                    bytes => Notebook.Parse(Utf8(bytes)),
                    typeof(NotebookFormatException)
                );
        }
    }

    private static void Cifar(byte[] bytes)
    {
        int rows = CifarReader.Rows("batch", bytes.Length, labelBytes: 1);
        CifarReader.Read("batch", bytes, labelBytes: 1, classes: 10, new byte[rows * 3072], new byte[rows]);
    }

    private static byte[][] SafeTensorsSeeds()
    {
        using var scope = NewDisposeScope();
        byte[] Of(Dictionary<string, Tensor> tensors, Dictionary<string, string>? metadata = null)
        {
            using var stream = new MemoryStream();
            SafeTensors.Write(stream, tensors, metadata);
            return stream.ToArray();
        }
        return
        [
            Of([]),
            Of(new() { ["a"] = ones(2, 3) }),
            Of(
                new()
                {
                    ["weight"] = ones(4, 2, dtype: ScalarType.Float64),
                    ["bias"] = zeros(0),
                    ["flag"] = zeros(1, ScalarType.Bool),
                },
                new() { ["kind"] = "block", ["note"] = "é" }
            ),
        ];
    }

    private static byte[] Manifest()
    {
        string file = Path.Combine(Path.GetTempPath(), $"iresnet-manifest-{Environment.ProcessId}");
        new CheckpointManifest
        {
            Config = System.Text.Json.JsonElement.Parse(
                ExperimentJson.Write(ExperimentCatalogue.Get("density-toy", "quick"))
            ),
            Step = 5,
            Updates = 5,
            SkippedInARow = 0,
            Data = new(1, 2, 3),
            Evaluated = true,
            Machine = new(),
            Parts = new Dictionary<string, CheckpointManifest.Part> { ["model"] = new(10, "00") },
        }.Write(file);
        byte[] bytes = File.ReadAllBytes(file);
        File.Delete(file);
        return bytes;
    }

    private const string SmallNotebook = """
        {"cells":[{"cell_type":"markdown","id":"a","metadata":{},"source":["# Title\n","text"]},
        {"cell_type":"code","id":"b","execution_count":1,"metadata":{"tags":["parameters"]},"source":"1+1","outputs":[
        {"output_type":"execute_result","execution_count":1,"metadata":{},"data":{"text/plain":["2"]}},
        {"output_type":"stream","name":"stdout","text":"hi\n"},
        {"output_type":"error","ename":"E","evalue":"v","traceback":["t"]}]}],
        "metadata":{"kernelspec":{"name":"x","display_name":"y","language":"C#"}},"nbformat":4,"nbformat_minor":5}
        """;

    private static byte[] Mutate(byte[] input, List<byte[]> corpus, Random random)
    {
        var bytes = new List<byte>(input);
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            int at = random.Next(bytes.Count + 1);
            switch (random.Next(10))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 3 when at < bytes.Count:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at));
                    break;
                case 4:
                    bytes.InsertRange(at, Enumerable.Range(0, random.Next(1, 9)).Select(_ => (byte)random.Next(256)));
                    break;
                case 5 when at < bytes.Count:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 65), bytes.Count - at)));
                    break;
                case 6: // the end of another file
                    byte[] other = corpus[random.Next(corpus.Count)];
                    bytes.RemoveRange(at, bytes.Count - at);
                    bytes.AddRange(other.Skip(random.Next(other.Length + 1)));
                    break;
                case 7 when at + 8 <= bytes.Count: // a number of eight, four or two bytes
                    byte[] number = BitConverter.GetBytes(Numbers[random.Next(Numbers.Length)]);
                    number = number[..(1 << random.Next(1, 4))];
                    for (int k = 0; k < number.Length; k++)
                        bytes[at + k] = number[k];
                    break;
                case 8: // a word of JSON
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Words[random.Next(Words.Length)]));
                    break;
                case 9 when at < bytes.Count && bytes[at] is >= (byte)'0' and <= (byte)'9':
                    bytes[at] = (byte)('0' + random.Next(10));
                    break;
            }
        }
        return [.. bytes];
    }

    private static readonly long[] Numbers =
    [
        0,
        1,
        -1,
        127,
        128,
        255,
        256,
        65535,
        int.MaxValue,
        int.MinValue,
        uint.MaxValue,
        long.MaxValue,
        long.MinValue,
        1L << 40,
    ];

    private static readonly string[] Words =
    [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "null",
        "true",
        "false",
        "-",
        "1e999",
        "-1",
        "9223372036854775808",
        "0.5",
        "{}",
        "[]",
        "\"\"",
        "\\u0000",
        "\ud83d\ude00",
        "\"a\":",
        "[[[[[[[[",
        "NaN",
    ];
}
