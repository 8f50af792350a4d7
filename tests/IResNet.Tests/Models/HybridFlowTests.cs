namespace IResNet.Tests.Models;

/// <summary>
/// One model for classes, densities and samples: its two factors against full Jacobians and brute force, its objective
/// against its parts, its samples against its probabilities.
/// </summary>
public class HybridFlowTests
{
    private const int Classes = 3;

    private static readonly Dictionary<string, HeadConfig> Heads = new()
    {
        ["class Gaussians"] = new ClassGaussiansConfig(),
        ["class Gaussians with factors"] = new ClassGaussiansConfig { Rank = 3 },
        ["several Gaussians with factors"] = new ClassGaussiansConfig { Rank = 2, Components = 2 },
        ["head of all scales"] = new ScaleHeadConfig { Width = 5 },
    };

    public static TheoryData<string> HeadNames => [.. Heads.Keys];

    /// <summary>ln p(x) by the full Jacobian and the prior written out.</summary>
    [Theory, MemberData(nameof(HeadNames))]
    public void LogProbIsThatOfTheChangeOfVariables(string head)
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Create(head);
        var volume = Jacobians.LogVolume(Jacobians.Of(flow.LatentsOf, x));
        var (logProb, logClasses) = flow.Factors(x);
        var expected = LogJoint(flow, flow.LatentsOf(x)).exp().sum(1).log() + volume;
        Expect.Near(logProb, expected, 1e-10, "ln p(x)");
        Expect.Near(flow.forward(x), expected, 1e-10, "forward");
        var (logPrior, logDet) = flow.LogProbTerms(x);
        Expect.Near(logPrior + logDet, expected, 1e-10, "sum of the terms");
        Expect.Near(flow.LogClasses(x), logClasses, 1e-12, "ln p(y | x)");
    }

    /// <summary>Bayes' rule: the conditional is the joint over the marginal, and sums to 1.</summary>
    [Theory, MemberData(nameof(HeadNames))]
    public void ClassesFollowBayesRule(string head)
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Create(head);
        var z = flow.LatentsOf(x);
        var joint = LogJoint(flow, z).exp();
        var (logPrior, logClasses) = flow.Joint.Factors(z);
        Expect.Near(logClasses.exp(), joint / joint.sum(1, keepdim: true), 1e-12, "p(y | z)");
        Expect.Near(logPrior, joint.sum(1).log(), 1e-10, "ln p(z)");
        Expect.Near(flow.Prior.forward(z), logPrior, 1e-12, "forward");
        Expect.Near(logClasses.exp().sum(1), ones(3, ScalarType.Float64), 1e-12, "sum over classes");
        Assert.True(logClasses.exp().max().ToDouble() > 1.2 / Classes, "The classes are all alike.");
    }

    /// <summary>Latents far from every class: the sum of their densities underflows, its logarithm does not.</summary>
    [Fact]
    public void TheMixtureDoesNotUnderflow()
    {
        using var scope = NewDisposeScope();
        var (flow, _) = Create("class Gaussians");
        var prior = (ClassGaussians)flow.Joint;
        var z = full([2, 16], 100.0, ScalarType.Float64);
        var joint = prior.LogJoint(z);
        Assert.Equal(0, joint.exp().sum().ToDouble());
        var most = joint.amax([1], keepdim: true);
        var expected = most.squeeze(1) + (joint - most).exp().sum(1).log();
        Expect.Near(prior.forward(z), expected, 1e-9, "ln p(z)");
    }

    /// <summary>The paper's three weights, and one between.</summary>
    [Theory, MemberData(nameof(HeadNames))]
    public void TheLossIsTheWeightedSumOfItsParts(string head)
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Create(head);
        var labels = tensor(new long[] { 2, 0, 1 });
        var (logProb, logClasses) = flow.Factors(x);
        double entropy = -(logClasses[0, 2] + logClasses[1, 0] + logClasses[2, 1]).ToDouble() / 3,
            density = -logProb.mean().ToDouble();
        foreach (double weight in new[] { 0, 1.0 / 16, 0.25, 1 })
        {
            // In nats: the weighted sum, but for the eight bits of a byte and the scale.
            double loss = flow.Loss(x, labels, weight).ToDouble(),
                scale = Math.Max(1, weight * 16) * Math.Log(2),
                bytes = 8 * weight * 16 * Math.Log(2);
            Assert.Equal(weight * density + entropy, loss * scale - bytes, 1e-9);
        }
    }

    /// <summary>T times the entropy of p(y | x)^(1/T) normalised, beside the same density.</summary>
    [Theory, MemberData(nameof(HeadNames))]
    public void ATemperatureFlattensTheClassesAlone(string head)
    {
        using var scope = NewDisposeScope();
        const double Temperature = 3;
        var (flow, x) = Create(head);
        var labels = tensor(new long[] { 2, 0, 1 });
        var tempered = flow.LogClasses(x).exp().pow(1 / Temperature);
        var own = tempered.gather(1, labels.unsqueeze(1)).squeeze(1) / tempered.sum(1);
        double loss = flow.Loss(x, labels, 0, temperature: Temperature).ToDouble();
        Assert.Equal(-Temperature * own.log2().mean().ToDouble(), loss, 1e-9);
        Assert.NotEqual(flow.Loss(x, labels, 0).ToDouble(), loss, 1e-3);
        double density = flow.Loss(x, labels, 1.0 / 16).ToDouble() - flow.Loss(x, labels, 0).ToDouble();
        Assert.Equal(density + loss, flow.Loss(x, labels, 1.0 / 16, temperature: Temperature).ToDouble(), 1e-9);
        foreach (double bad in new[] { 0, -1, double.NaN, double.PositiveInfinity })
            Assert.Throws<ArgumentOutOfRangeException>(() => flow.Loss(x, labels, 1, temperature: bad));
    }

    /// <summary>The cross entropy is that of the views, the density that of the images.</summary>
    [Theory, MemberData(nameof(HeadNames))]
    public void TheClassesCanBeTakenOfOtherImages(string head)
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Create(head);
        var labels = tensor(new long[] { 2, 0, 1 });
        var views = x.flip(3);
        double Loss(Tensor of, double weight, Tensor? its = null) =>
            flow.Loss(of, labels, weight, views: its).ToDouble();
        double density = Loss(x, 1.0 / 16) - Loss(x, 0);
        Assert.Equal(density + Loss(views, 0), Loss(x, 1.0 / 16, views), 1e-9);
        Assert.Equal(Loss(views, 0), Loss(x, 0, views), 1e-9);
        Assert.Equal(Loss(x, 1), Loss(x, 1, x), 1e-9);
        Assert.NotEqual(Loss(x, 0), Loss(views, 0), 1e-3);
        Assert.Throws<ShapeException>(() => Loss(x, 1, views.narrow(0, 0, 2)));
    }

    [Theory, MemberData(nameof(HeadNames))]
    public void GradientsOfTheLoss(string head)
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Create(head, frozen: false);
        var labels = tensor(new long[] { 2, 0, 1 });
        var inputs = flow.named_parameters().ToDictionary(pair => pair.name, pair => (Tensor)pair.parameter);
        inputs["x"] = x.requires_grad_();
        foreach (double weight in new[] { 0, 1.0 / 16, 1 })
            foreach (var views in new[] { null, x.detach().flip(3) })
                GradientCheck.First(() => flow.Loss(x, labels, weight, views: views), inputs);
    }

    /// <summary>
    /// At weight 0 class Gaussians still learn, from the classes; a prior that knows none stays as it was.
    /// </summary>
    [Fact]
    public void WhatLearnsWithoutADensity()
    {
        using var scope = NewDisposeScope();
        var labels = tensor(new long[] { 2, 0, 1 });
        var (gaussians, x) = Create("class Gaussians", frozen: false);
        gaussians.Loss(x, labels, 0).backward();
        Assert.True(Expect.MaxAbs(((ClassGaussians)gaussians.Joint).Means.grad!) > 1e-3);
        var (scales, _) = Create("head of all scales", frozen: false);
        scales.Loss(x, labels, 0).backward();
        Assert.Null(((ScaleHead)scales.Joint).Density.Mean.grad);
        Assert.All(scales.Transform.parameters(), parameter => Assert.NotNull(parameter.grad));
    }

    /// <summary>With factor-out the last head has to see the variables that stay to the end: all of them
    /// count.</summary>
    [Theory, MemberData(nameof(HeadNames))]
    public void ClassesDependOnEveryLatent(string head)
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Create(head);
        var z = flow.LatentsOf(x).detach().requires_grad_();
        (flow.Joint.Factors(z).logClasses.select(1, 0).sum()).backward();
        Assert.All(z.grad!.abs().amax([0]).ReadDoubles(), gradient => Assert.True(gradient > 1e-6));
    }

    [Fact]
    public void LatentsAreThoseOfTheMultiscaleFlow()
    {
        foreach (
            var config in new[]
            {
                Flows.Images,
                Flows.Images with
                {
                    InitialSqueeze = true,
                    Strides = [1, 1],
                },
                Flows.Images with
                {
                    Input = new(3, 8, 8),
                    Blocks = [1, 1, 1],
                    Strides = [1, 2, 2],
                    Hidden = [4, 4, 4],
                },
            }
        )
        {
            var shapes = Stages.LatentShapes(config);
            Assert.Equal(config.Blocks.Count, shapes.Count);
            using var flow = new HybridFlow(config, 2);
            using var like = new MultiscaleFlow(config);
            Assert.Equal(like.Dimensions, flow.Dimensions);
            Assert.Equal(like.Dimensions, shapes.Sum(shape => shape.Dimensions));
        }
    }

    /// <summary>A density's weights: the same ln p(x), and no knowledge of classes yet.</summary>
    [Theory, MemberData(nameof(HeadNames))]
    public void StartsFromADensity(string head)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(5);
        var density = Draw.Prepared(new MultiscaleFlow(Flows.Images));
        density.WithEstimator(new ExactLogDet());
        var (flow, x) = Create(head, frozen: false);
        flow.StartFrom(density);
        var (logProb, logClasses) = flow.Factors(x);
        Expect.Near(logProb, density.forward(x), 1e-10, "ln p(x)");
        if (head == "class Gaussians")
            Expect.Near(logClasses.exp(), full_like(logClasses, 1.0 / Classes), 1e-10, "p(y | x)");
        using var other = new MultiscaleFlow(Flows.Images with { Hidden = [5, 5] });
        Assert.Throws<WeightsFormatException>(() => flow.StartFrom(other));
    }

    [Theory, MemberData(nameof(HeadNames))]
    public void SamplesOfAClassAreSeeded(string head)
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Create(head);
        Tensor Of(int label, ulong seed) =>
            flow.SampleClass(label, 6, solver: new FixedPoint(1e-12), generator: new Generator(seed));
        var samples = Of(1, 3);
        Assert.Equal([6, .. x.shape.Skip(1)], samples.shape);
        Expect.Near(Of(1, 3), samples, 0, "the same seed");
        Assert.True(Expect.MaxAbs(Of(1, 4) - samples) > 0.1, "another seed");
        Assert.True(Expect.MaxAbs(Of(2, 3) - samples) > 1e-3, "another class");
        Expect.Near(
            flow.LatentsOf(samples),
            flow.Joint.SampleClass(1, 6, generator: new Generator(3)),
            1e-10,
            "latents"
        );
    }

    /// <summary>
    /// p(z | y) = p(z) p(y | z) / p(y): the mean over samples of a class against that over all samples, weighted. The
    /// standard errors of both are added.
    /// </summary>
    [Theory, MemberData(nameof(HeadNames))]
    public void SamplesOfAClassFollowBayesRule(string head)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (flow, _) = Create(head);
        var all = flow.Prior.Sample(20_000, generator: new Generator(1));
        var weights = flow.Joint.Factors(all).logClasses.exp();
        for (int label = 0; label < Classes; label++)
        {
            var weight = weights.select(1, label) / weights.select(1, label).mean();
            var own = flow.Joint.SampleClass(label, 20_000, generator: new Generator(2)).select(1, 15);
            var weighted = all.select(1, 15) * weight;
            double mean = weighted.mean().ToDouble();
            double spread = ((all.select(1, 15) - mean) * weight).std().ToDouble();
            double error = Math.Sqrt((spread * spread + Math.Pow(own.std().ToDouble(), 2)) / 20_000);
            Assert.InRange(Math.Abs(own.mean().ToDouble() - mean), 0, Statistics.StandardErrors * error);
        }
    }

    /// <summary>The covariance of a class's draws is that by which they are scored.</summary>
    [Fact]
    public void FactorsAreDrawnAsTheyAreScored()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var prior = (ClassGaussians)Create("class Gaussians with factors").flow.Joint;
        var z = prior.SampleClass(1, 20_000, generator: new Generator(1)) - prior.Means[1];
        var covariance = Covariance(prior, 1);
        foreach (var (i, j) in new[] { (0, 0), (0, 1), (3, 9), (15, 2) })
            Statistics.MeanIs(covariance[i, j].ToDouble(), z.select(1, i) * z.select(1, j), $"covariance {i}, {j}");
        Assert.True(covariance[3, 9].abs().ToDouble() > 0.05, "Nothing varies together.");
    }

    /// <summary>What was drawn from known Gaussians is found again, and what is independent has no factors.</summary>
    [Fact]
    public void GaussiansAreFittedToWhatTheyDrew()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var truth = (ClassGaussians)Create("class Gaussians with factors").flow.Joint;
        truth.Loadings!.select(0, 2).zero_();
        var labels = arange(Classes, ScalarType.Int64).repeat_interleave(4000);
        var z = cat([.. Enumerable.Range(0, Classes).Select(y => truth.SampleClass(y, 4000, 1, new Generator(3)))]);
        var fitted = (ClassGaussians)Create("class Gaussians with factors").flow.Joint;
        fitted.Fit(z, labels);
        for (int label = 0; label < Classes; label++)
        {
            Expect.Near(fitted.Means[label], z[labels.eq(label)].mean([0]), 1e-9, "mean");
            var own = Covariance(truth, label);
            var distance = (Covariance(fitted, label) - own).norm() / own.norm();
            Assert.True(distance.ToDouble() < 0.1, $"class {label}: {distance.ToDouble()} of the covariance");
        }
        Assert.True(fitted.Loadings!.select(0, 2).square().sum().ToDouble() < 0.05);
        Assert.True(fitted.LogJoint(z).mean().ToDouble() > truth.LogJoint(z).mean().ToDouble() - 0.05);
        Assert.False(fitted.AreAlike);
        var before = fitted.Means.clone();
        var few = Assert.Throws<ArgumentException>(() => fitted.Fit(z[2..4001], labels[2..4001]));
        Assert.Contains("1 latents of class 1: give at least 2", few.Message);
        Assert.Throws<NonFiniteException>(() => fitted.Fit(z * double.NaN, labels));
        Expect.Near(fitted.Means, before, 0, "a refused fit");
    }

    /// <summary>
    /// Several Gaussians of a class, far apart: the fit finds means, shares and covariances again, and one Gaussian for
    /// each class, the negative control, is a far worse density.
    /// </summary>
    [Fact]
    public void SeveralGaussiansAreFittedToWhatTheyDrew()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        const int Each = 4000;
        ClassGaussians New(string head) => (ClassGaussians)Create(head).flow.Joint;
        var truth = New("several Gaussians with factors");
        truth.Means.copy_(truth.Means * 8);
        var labels = arange(Classes, ScalarType.Int64).repeat_interleave(Each);
        var z = cat([.. Enumerable.Range(0, Classes).Select(y => truth.SampleClass(y, Each, 1, new Generator(3)))]);
        var fitted = New("several Gaussians with factors");
        fitted.Fit(z, labels);
        for (int label = 0; label < Classes; label++)
            foreach (int own in Gaussians(truth, label))
            {
                int near = Gaussians(fitted, label)
                    .MinBy(row => (fitted.Means[row] - truth.Means[own]).norm().ToDouble());
                Expect.Near(fitted.Means[near], truth.Means[own], 0.15, "mean");
                double error = 4 * Math.Sqrt(0.25 / Each);
                Expect.Near(Share(fitted, near), Share(truth, own), error, "share");
                var distance = (Covariance(fitted, near) - Covariance(truth, own)).norm();
                Assert.True((distance / Covariance(truth, own).norm()).ToDouble() < 0.15);
            }
        double best = truth.LogJoint(z).gather(1, labels.unsqueeze(1)).mean().ToDouble();
        double Score(ClassGaussians of) => of.LogJoint(z).gather(1, labels.unsqueeze(1)).mean().ToDouble();
        Assert.InRange(Score(fitted), best - 0.05, best + 0.1);
        var single = New("class Gaussians with factors");
        single.Fit(z, labels);
        Assert.True(Score(single) < best - 0.5);
        Assert.Contains(
            "3 latents of class 0: give at least 4",
            Assert.Throws<ArgumentException>(() => fitted.Fit(z[(Each - 3)..], labels[(Each - 3)..])).Message
        );
    }

    /// <summary>The mean of ln p under p is minus the entropy; here the marginal's, against a sum over
    /// classes.</summary>
    [Fact]
    public void GaussiansAreDrawnAsTheyAreScored()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (flow, _) = Create("class Gaussians");
        var prior = (ClassGaussians)flow.Joint;
        var z = prior.Sample(20_000, generator: new Generator(1)).select(1, 0);
        Tensor mean = prior.Means.select(1, 0),
            variance = (2 * prior.LogStds.select(1, 0)).exp();
        double centre = mean.mean().ToDouble();
        Statistics.MeanIs(centre, z, "mean of the mixture");
        double total = (variance + mean.square()).mean().ToDouble() - centre * centre;
        Statistics.VarianceIs(total, z, "variance of the mixture");
        for (int label = 0; label < Classes; label++)
        {
            var own = prior.SampleClass(label, 20_000, generator: new Generator(2)).select(1, 3);
            Statistics.MeanIs(prior.Means[label, 3].ToDouble(), own, "mean of a class");
            Statistics.VarianceIs(Math.Exp(2 * prior.LogStds[label, 3].ToDouble()), own, "variance of a class");
        }
        Expect.Near(prior.SampleClass(1, 2, temperature: 0), prior.Means[1].expand(2, -1), 0, "temperature 0");
    }

    /// <summary>A draw does not initialise ActNorm, nor leave training mode.</summary>
    [Fact]
    public void ADrawChangesNothing()
    {
        using var scope = NewDisposeScope();
        using var flow = new HybridFlow(Flows.Images, Classes, Heads["head of all scales"]);
        flow.train();
        var before = flow.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.clone());
        flow.SampleClass(0, 2);
        Assert.True(flow.Joint.training);
        foreach (var (name, value) in flow.state_dict())
            Assert.True(value.Equals(before[name]), name);
    }

    [Fact]
    public void ClassesThatHardlyOccurAreNotDrawnForEver()
    {
        using var scope = NewDisposeScope();
        var (flow, _) = Create("head of all scales");
        using (no_grad())
            flow.Joint.get_parameter("logits.bias")!.copy_(tensor(new[] { -1000.0, 0, 0 }));
        Assert.Contains("of class 0", Assert.Throws<RareClassException>(() => flow.SampleClass(0, 1)).Message);
        flow.SampleClass(1, 1);
    }

    [Theory, MemberData(nameof(HeadNames))]
    public void BadInputIsNamed(string head)
    {
        using var scope = NewDisposeScope();
        var (flow, x) = Create(head);
        var labels = tensor(new long[] { 0, 1, 2 });
        foreach (double weight in new[] { -1, double.NaN, double.PositiveInfinity })
            Assert.Equal(
                weight,
                Assert.Throws<ArgumentOutOfRangeException>(() => flow.Loss(x, labels, weight)).ActualValue
            );
        foreach (long label in new long[] { -1, 3, 255 })
        {
            var wrong = tensor(new long[] { 0, label, 2 });
            var fault = Assert.Throws<ArgumentOutOfRangeException>(() => flow.Loss(x, wrong, 1));
            Assert.Equal((double)label, fault.ActualValue);
            Assert.Contains("labels are 0 to 2", fault.Message);
        }
        Assert.Throws<ShapeException>(() => flow.Loss(x, labels[..2], 1));
        Assert.Throws<ShapeException>(() => flow.Loss(x, labels.to(ScalarType.Float64), 1));
        Assert.Throws<ShapeException>(() => flow.Loss(x.to(ScalarType.Float32), labels, 1));
        Assert.Throws<NonFiniteException>(() => flow.Loss(x / 0, labels, 1));
        foreach (int label in new[] { -1, 3 })
            Assert.Contains(
                "The classes are 0 to 2",
                Assert.Throws<ArgumentOutOfRangeException>(() => flow.SampleClass(label, 1)).Message
            );
        Assert.Throws<ArgumentOutOfRangeException>(() => flow.SampleClass(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => flow.SampleClass(0, 1, temperature: double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => flow.Sample(0));
    }

    [Fact]
    public void ImpossibleHeadsAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new HybridFlow(Flows.Images, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new HybridFlow(Flows.Images, 2, new ScaleHeadConfig { Width = 0 })
        );
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new HybridFlow(Flows.Images, 2, new ClassGaussiansConfig { Rank = -1 })
        );
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new HybridFlow(Flows.Images, 2, new ClassGaussiansConfig { Components = 0 })
        );
        using var fixedPrior = new HybridFlow(Flows.Images with { LearnedPrior = false }, 2, new ScaleHeadConfig());
        Assert.False(((ScaleHead)fixedPrior.Joint).Density.Mean.requires_grad);
        var gaussians = new ClassGaussiansConfig { Rank = 1 };
        using var fixedGaussians = new HybridFlow(Flows.Images with { LearnedPrior = false }, 2, gaussians);
        Assert.All(fixedGaussians.Joint.parameters(), parameter => Assert.False(parameter.requires_grad));
    }

    [Theory, MemberData(nameof(HeadNames))]
    public void TrainingAndSamplingLeaveNoTensors(string head)
    {
        Draw.Seed(1);
        using var flow = new HybridFlow(Flows.Images, Classes, Heads[head]);
        using Tensor x = randn(8, 1, 4, 4),
            labels = randint(Classes, [8], ScalarType.Int64);
        using var adam = optim.Adam(flow.parameters());
        void Step()
        {
            using var scope = NewDisposeScope();
            var loss = flow.Loss(x, labels, 1.0 / 16);
            adam.zero_grad();
            loss.backward();
            adam.step();
            flow.SampleClass(1, 2);
            flow.LogClasses(x);
        }
        Step(); // creates gradients and the optimiser's state
        Step();
        Assert.Equal(
            0,
            LiveTensors.Leak(() =>
            {
                for (int i = 0; i < 20; i++)
                    Step();
                LiveTensors.Collect();
            })
        );
    }

    [Theory, MemberData(nameof(HeadNames))]
    public void OutlivesTheScopeInWhichItWasBuilt(string head)
    {
        HybridFlow flow;
        using (NewDisposeScope())
            flow = new HybridFlow(Flows.Images, Classes, Heads[head]);
        using (flow)
        using (NewDisposeScope())
            Assert.Equal([2, Classes], flow.LogClasses(randn(2, 1, 4, 4)).shape);
    }

    /// <summary>ln p(z, y), written out: a loop over classes, torch's own normal distribution and softmax.</summary>
    private static Tensor LogJoint(HybridFlow flow, Tensor z) =>
        flow.Joint switch
        {
            ClassGaussians prior => stack(
                [
                    .. Enumerable
                        .Range(0, Classes)
                        .Select(y =>
                            Gaussians(prior, y)
                                .Select(row =>
                                    LogNormal(z - prior.Means[row], Covariance(prior, row)).exp() * Share(prior, row)
                                )
                                .Aggregate((sum, next) => sum + next)
                                .log() - Math.Log(Classes)
                        ),
                ],
                1
            ),
            ScaleHead head => distributions
                .Normal(head.Density.Mean, head.Density.LogStd.exp())
                .log_prob(z)
                .sum(1)
                .unsqueeze(1) + Softmaxed(head, z),
            _ => throw new NotSupportedException(),
        };

    /// <summary>The rows of a class's Gaussians.</summary>
    private static IEnumerable<int> Gaussians(ClassGaussians prior, int label) =>
        Enumerable.Range(label * prior.Components, prior.Components);

    private static Tensor Share(ClassGaussians prior, int row)
    {
        if (prior.Shares is not { } shares)
            return ones(1, ScalarType.Float64);
        int first = row / prior.Components * prior.Components;
        return shares[row].exp() / shares[first..(first + prior.Components)].exp().sum();
    }

    private static Tensor Covariance(ClassGaussians prior, int row)
    {
        var scale = prior.LogStds[row].exp().diag();
        var common = prior.Loadings is { } loadings ? loadings[row].matmul(loadings[row].t()) : zeros(1);
        return scale.matmul(eye(scale.size(0), dtype: ScalarType.Float64) + common).matmul(scale);
    }

    private static Tensor LogNormal(Tensor x, Tensor covariance)
    {
        var precision = linalg.inv(covariance);
        return -0.5 * (x.matmul(precision) * x).sum(1) - 0.5 * linalg.slogdet(2 * Math.PI * covariance).Item2;
    }

    // The maps of Flows.Images: 2 of the 4 channels leave at 2x2, the others stay.
    private static Tensor Softmaxed(ScaleHead head, Tensor z)
    {
        Tensor P(string name) => head.get_parameter(name)!;
        var features = new List<Tensor>();
        foreach (int scale in new[] { 0, 1 })
        {
            var map = z[.., (8 * scale)..(8 * scale + 8)].reshape(-1, 2, 2, 2);
            var convolved = nn.functional.conv2d(
                map,
                P($"convolutions.{scale}.weight"),
                P($"convolutions.{scale}.bias"),
                padding: [1, 1]
            );
            var (scaleOf, shift) = (P($"norms.{scale}.log_scale").exp(), P($"norms.{scale}.shift"));
            features.Add((convolved * scaleOf.view(1, -1, 1, 1) + shift.view(1, -1, 1, 1)).clamp(0).mean([2, 3]));
        }
        var logits = cat(features, 1).matmul(P("logits.weight").t()) + P("logits.bias");
        var shares = logits.exp();
        return (shares / shares.sum(1, keepdim: true)).log();
    }

    private static (HybridFlow flow, Tensor x) Create(string head, bool frozen = true)
    {
        Draw.Seed(1);
        var flow = Draw.Prepared(new HybridFlow(Flows.Images, Classes, Heads[head]));
        flow.WithEstimator(new ExactLogDet());
        using (no_grad())
            if (flow.Joint is ClassGaussians prior)
            {
                prior.Means.normal_(0, 0.3);
                prior.LogStds.normal_(0, 0.2);
                prior.Loadings?.normal_(0, 0.4);
                prior.Shares?.normal_(0, 1);
            }
            else
                flow.Joint.get_parameter("logits.weight")!.normal_(0, 1);
        if (frozen)
            flow.Freeze();
        return (flow, Draw.Normal(3, 1, 4, 4));
    }
}
