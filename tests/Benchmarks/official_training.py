"""Trains the official i-ResNet code (jhjacobsen/invertible-resnet) on MNIST for as long as our speedrun took.

The code is imported from the folder that OFFICIAL_IRESNET names and is never part of this project. Usage, with Debian's
python3-torch and python3-scipy, and the files that `iresnet data mnist` leaves:

    OFFICIAL_IRESNET=folder python3 official_training.py TRACK --seconds S --data FOLDER [--rate R] [--threads N]

The tracks have our names. The architecture, the batch and the shape of the schedule are our track's; algorithm,
optimiser and augmentation are the official code's (Adamax, 5 terms with Gaussian probes; SGD with momentum 0.9, weight
decay 5e-4, shifts of up to 2 pixels; neither a logit nor averaged weights). The clock counts training steps alone, as
ours does. Environment as in official.py.
"""
import argparse
import gzip
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import official

PIXELS = 784
REPORTS = 20  # losses that a training prints on its way
DENSITY_IMAGES = 1000  # an evaluation with 20 terms takes as long as 40 training steps


def read(folder, name):
    """An IDX file of bytes, as it is or compressed."""
    import numpy

    path = next(path for path in sorted(Path(folder).rglob(name + "*")) if path.is_file())
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    shape = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(data[3])]
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * len(shape)).reshape(shape)


def batches(torch, images, labels, size):
    while True:
        order = torch.randperm(len(images))
        for start in range(0, len(images) - size + 1, size):
            chosen = order[start:start + size]
            yield images[chosen], labels[chosen]


def train(seconds, optimizer, rate, warm_up, decays, factor, step):
    """Steps until the time is up; the rate falls by the factor after each share of the time in decays."""
    spent, steps, reports = 0.0, 0, 0
    while spent < seconds:
        now = rate * factor ** sum(spent >= share * seconds for share in decays) * min(1, (steps + 1) / warm_up)
        for group in optimizer.param_groups:
            group["lr"] = now
        begin = time.perf_counter()
        loss = step()
        spent += time.perf_counter() - begin
        steps += 1
        if spent * REPORTS >= (reports + 1) * seconds:
            reports += 1
            print(f"{spent:.0f} s, {steps:,} steps: loss {loss:.4f}", file=sys.stderr, flush=True)
    return steps


def density(torch, nets, data, seconds, rate, blocks, warm_up, decays):
    model = nets.multiscale_conv_iResNet(
        (1, 28, 28), blocks, [1, 2], [16, 16], init_squeeze=True, coeff=official.COEFFICIENT, density_estimation=True,
        numTraceSamples=1, numSeriesTerms=5, n_power_iter=5, nonlin="elu")

    def dequantised(x):
        return ((x.float() + torch.rand(x.shape)) / 256 - 0.5).requires_grad_()

    source = batches(torch, *data["train"], 32)
    model.train()
    model(dequantised(next(source)[0]))  # ActNorm takes its values from the first batch
    optimizer = torch.optim.Adamax(model.parameters())

    def step():
        optimizer.zero_grad()
        _, log_prior, trace = model(dequantised(next(source)[0]))
        loss = -(log_prior + trace).mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    steps = train(seconds, optimizer, rate or 3e-3, warm_up, decays, 0.3, step)
    model.eval()
    model.set_num_terms(20)
    values = []
    for start in range(0, DENSITY_IMAGES, 100):
        _, log_prior, trace = model(dequantised(data["test"][0][start:start + 100]))
        values.append((-(log_prior + trace) / (PIXELS * math.log(2)) + 8).detach())
    values = torch.cat(values)
    error = 1.96 * values.std().item() / math.sqrt(len(values))
    return steps, f"{values.mean().item():.4f} ± {error:.4f} bits/dim ({len(values):,} test images, 20 terms)"


def classifier(torch, nets, data, seconds, rate, blocks, hidden, iterations, decays):
    model = nets.conv_iResNet(
        (1, 28, 28), blocks, [1, 2], hidden, init_ds=2, inj_pad=7, coeff=official.COEFFICIENT,
        density_estimation=False, nClasses=10, n_power_iter=iterations, nonlin="elu")
    mean, std = 0.1307, 0.3081

    def scaled(x):
        return (x.float() / 255 - mean) / std

    def shifted(x):
        padded = torch.nn.functional.pad(x, (2, 2, 2, 2))
        corners = torch.randint(5, (len(x), 2)).tolist()
        return torch.stack([image[:, r:r + 28, c:c + 28] for image, (r, c) in zip(padded, corners)])

    source = batches(torch, *data["train"], 64)
    model.train()
    model(scaled(next(source)[0]))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)

    def step():
        optimizer.zero_grad()
        images, labels = next(source)
        logits, _ = model(scaled(shifted(images)))
        loss = torch.nn.functional.cross_entropy(logits, labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    steps = train(seconds, optimizer, rate or 0.1, 1, decays, 0.1, step)
    model.eval()
    images, labels = data["test"]
    wrong = 0
    with torch.no_grad():
        for start in range(0, len(images), 500):
            logits, _ = model(scaled(images[start:start + 500]))
            wrong += (logits.argmax(1) != labels[start:start + 500]).sum().item()
    return steps, f"{100 * wrong / len(images):.2f} % error ({len(images):,} test images)"


TRACKS = {
    "density-mnist": (density, {"blocks": [16, 8], "warm_up": 100, "decays": [0.8]}),
    "density-mnist-2h": (density, {"blocks": [24, 12], "warm_up": 200, "decays": [14 / 24, 18 / 24, 21.5 / 24]}),
    "classifier-mnist": (
        classifier, {"blocks": [3, 3], "hidden": [32, 32], "iterations": 5, "decays": [7 / 12, 10 / 12]}),
    "classifier-mnist-2h": (
        classifier, {"blocks": [6, 6], "hidden": [32, 48], "iterations": 3, "decays": [28 / 48, 38 / 48, 45 / 48]}),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("track", choices=list(TRACKS))
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--data", required=True, metavar="FOLDER")
    parser.add_argument("--rate", type=float, help="the learning rate; by default the official code's")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=official.THREADS)
    parser.add_argument("--in-process", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.in_process:
        command = [sys.executable, __file__, "--in-process", *sys.argv[1:]]
        environment = {**os.environ, **official.TUNED, "OMP_NUM_THREADS": str(arguments.threads)}
        sys.exit(subprocess.run(command, env=environment).returncode)
    official.THREADS = arguments.threads
    torch, nets, _, _ = official.load()
    torch.manual_seed(arguments.seed)
    data = {}
    for part, prefix in (("train", "train"), ("test", "t10k")):
        images, labels = read(arguments.data, prefix + "-images"), read(arguments.data, prefix + "-labels")
        data[part] = torch.tensor(images).unsqueeze(1), torch.tensor(labels).long()
    run, settings = TRACKS[arguments.track]
    steps, result = run(torch, nets, data, arguments.seconds, arguments.rate, **settings)
    print(f"{arguments.track}: {arguments.seconds:g} s, {arguments.threads} threads, {steps:,} steps, "
          f"seed {arguments.seed}: {result}")
    print(official.machine())


if __name__ == "__main__":
    main()
