using IResNet.Experiments.Runs;
using IResNet.Tests.Programs.Experiments.Runs;
using IResNet.Tests.Programs.Experiments.Training;

namespace IResNet.Tests.Programs.Experiments.Drills;

/// <summary>
/// Damaged checkpoints (R15): whatever byte is changed or missing, loading is refused by a typed error, and the model
/// keeps every bit.
/// </summary>
[Trait("Category", Drill.Category)]
public sealed class CheckpointCorruptionDrill : IDisposable
{
    private readonly TinyRun _run = new(
        TinyRun.Toy("training.averageDecay=0.9", "training.steps=3", "model.blocks=1", "model.hidden=2")
    );
    private readonly SavedModel _model;
    private readonly long _step;
    private readonly string _folder;

    public CheckpointCorruptionDrill()
    {
        _run.Start();
        _model = SavedModel.Open(_run.Folder.Path);
        _step = _run.Checkpoints.Steps[0];
        _folder = _run.Checkpoints.Of(_step);
    }

    public void Dispose()
    {
        _model.Dispose();
        _run.Dispose();
    }

    [Fact]
    public void EveryFlippedBit()
    {
        var random = new Random(1);
        using var before = Tiny.State(_model.Model.Module);
        int flips = 0;
        foreach (string file in Directory.GetFiles(_folder))
        {
            byte[] good = File.ReadAllBytes(file);
            for (int at = 0; at < good.Length; at++)
                for (int bit = 0; bit < 8; bit++)
                {
                    // All bits of all bytes in the full drill; else one bit of every eighth byte.
                    if (!Drill.IsFull && (at % 8 != 0 || bit != (at / 8) % 8))
                        continue;
                    byte[] bad = (byte[])good.Clone();
                    bad[at] ^= (byte)(1 << bit);
                    Replace(file, bad);
                    AssertRefused($"bit {bit} of byte {at} of {Path.GetFileName(file)}");
                    flips++;
                }
            Replace(file, good);
        }
        AssertUnchanged(before);
        Drill.Say($"{flips:N0} flipped bits: all refused, the model unchanged");
    }

    [Fact]
    public void EveryTruncationAndTail()
    {
        using var before = Tiny.State(_model.Model.Module);
        int cuts = 0;
        foreach (string file in Directory.GetFiles(_folder))
        {
            byte[] good = File.ReadAllBytes(file);
            for (int length = 0; length < good.Length; length += Drill.Count(fast: 17, full: 1), cuts++)
            {
                Replace(file, good[..length]);
                AssertRefused($"{Path.GetFileName(file)} cut to {length} bytes");
            }
            File.WriteAllBytes(file, [.. good, 0]);
            AssertRefused($"{Path.GetFileName(file)} with a tail");
            File.Delete(file);
            AssertRefused($"{Path.GetFileName(file)} missing");
            File.WriteAllBytes(file, good);
        }
        AssertUnchanged(before);
        Drill.Say($"{cuts:N0} truncations: all refused, the model unchanged");
    }

    /// <summary>Files that are whole but not this run's: parts swapped, another model's, another version.</summary>
    [Fact]
    public void WholeFilesThatDoNotFit()
    {
        using var before = Tiny.State(_model.Model.Module);
        using var other = new TinyRun(
            TinyRun.Toy("training.averageDecay=0.9", "training.steps=3", "model.blocks=1", "model.hidden=3")
        );
        other.Start();
        string[] names = ["model.safetensors", "optimizer.safetensors", "average.safetensors"];
        foreach (string name in names)
        {
            byte[] good = File.ReadAllBytes(Path.Combine(_folder, name));
            foreach (
                string source in names
                    .Where(source => source != name)
                    .Select(source => Path.Combine(_folder, source))
                    .Append(Path.Combine(other.Checkpoints.Of(_step), name))
            )
            {
                File.Copy(source, Path.Combine(_folder, name), overwrite: true);
                AssertRefused($"{source} as {name}");
                File.WriteAllBytes(Path.Combine(_folder, name), good);
            }
        }
        // All of another run's files with their own, right, hashes: then names, shapes and types decide.
        foreach (string file in Directory.GetFiles(other.Checkpoints.Of(_step)))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)), overwrite: true);
        var fault = AssertRefused("the checkpoint of a wider model");
        Assert.Contains("but the model needs", fault.Message);

        var manifest = _run.Checkpoints.ReadManifest(_step);
        (manifest with { Version = 2 }).Write(Path.Combine(_folder, "checkpoint.json"));
        Assert.Contains("it has version 2; this program reads version 1", AssertRefused("another version").Message);
        AssertUnchanged(before);
    }

    [Fact]
    public void NaNIsNotLoaded()
    {
        string file = Path.Combine(_folder, "model.safetensors");
        using var tensors = SafeTensors.Load(file);
        using (no_grad())
            tensors.Tensors.Values.First(tensor => tensor.is_floating_point()).fill_(float.NaN);
        File.Delete(file);
        var part = CheckpointPart.Write(file, tensors.Tensors);
        var manifest = _run.Checkpoints.ReadManifest(_step);
        (
            manifest with
            {
                Parts = new Dictionary<string, CheckpointManifest.Part>(manifest.Parts) { ["model"] = part },
            }
        ).Write(Path.Combine(_folder, "checkpoint.json"));
        Assert.Contains("NaN", AssertRefused("NaN in the weights").Message);
    }

    /// <summary>
    /// A new file in the place of the old one: ext4 would write one that is truncated and filled again to the disk at
    /// once, each of a hundred thousand times.
    /// </summary>
    private static void Replace(string file, byte[] bytes)
    {
        File.Delete(file);
        File.WriteAllBytes(file, bytes);
    }

    private CheckpointException AssertRefused(string what)
    {
        try
        {
            var targets = new Dictionary<string, IReadOnlyDictionary<string, Tensor>>
            {
                ["model"] = TrainerState.Of(_model.Model.Module),
                ["average"] = _model
                    .Model.Module.named_parameters()
                    .Where(pair => pair.parameter.requires_grad)
                    .ToDictionary(pair => pair.name, pair => (Tensor)pair.parameter),
                ["optimizer"] = OptimizerLike(),
            };
            _run.Checkpoints.Load(_step, _run.Checkpoints.ReadManifest(_step), targets);
        }
        catch (CheckpointException refused)
        {
            return refused;
        }
        throw new Xunit.Sdk.XunitException($"{what}: loaded as if nothing were wrong");
    }

    private Dictionary<string, Tensor> OptimizerLike() =>
        _model
            .Model.Module.named_parameters()
            .Where(pair => pair.parameter.requires_grad)
            .SelectMany(pair =>
                new[] { "exp_avg", "exp_avg_sq" }.Select(state => ($"{state}/{pair.name}", (Tensor)pair.parameter))
            )
            .ToDictionary(pair => pair.Item1, pair => pair.Item2);

    private void AssertUnchanged(Tensor before)
    {
        using var after = Tiny.State(_model.Model.Module);
        Assert.Equal(0, Expect.MaxAbs(after - before));
    }
}
