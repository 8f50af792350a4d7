"""Times the official i-ResNet code (jhjacobsen/invertible-resnet) on the cases of `iresnet bench`.

The code is imported from the folder that OFFICIAL_IRESNET names and is never part of this project. Usage, with Debian's
python3-torch:

    OFFICIAL_IRESNET=folder python3 official.py [--seconds S] [--case NAME ...] --json FILE

Each case runs in a fresh process with two threads, in the environment that is best for it: OpenBLAS
(libopenblas0-pthread) on one thread beside OpenMP's two, an allocator that keeps its memory, denormals flushed to zero.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

THREADS = 2
TUNED = {
    "OMP_NUM_THREADS": str(THREADS),
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TOP_PAD_": str(64 << 20),
}
COEFFICIENT = 0.9
INVERSE_ITERATIONS = 100


def load():
    """The official modules, with stand-ins for two names that numpy 1.24 and PyTorch 1.13 have dropped."""
    import numpy
    import torch

    numpy.float = float
    # torch.autograd.gradcheck is a function as well as a module.
    sys.modules["torch.autograd.gradcheck"].zero_gradients = lambda tensors: None
    sys.path.insert(0, os.environ["OFFICIAL_IRESNET"])
    import matrix_utils
    import models.conv_iResNet as nets
    import spectral_norm_fc

    torch.set_num_threads(THREADS)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    return torch, nets, matrix_utils, spectral_norm_fc


def repeat(work, seconds):
    """Seconds of each run, after warm-up runs; at least three."""
    start = time.perf_counter()
    for i in range(3):
        work()
        if time.perf_counter() - start > seconds:
            break
    times, start = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return times


def density(nets, shape, stages, blocks, hidden, iterations, terms=5):
    return nets.multiscale_conv_iResNet(
        shape, [blocks] * stages, [1] + [2] * (stages - 1), [hidden] * stages, init_squeeze=True, coeff=COEFFICIENT,
        density_estimation=True, numTraceSamples=1, numSeriesTerms=terms, n_power_iter=iterations, nonlin="elu")


def density_step(shape, stages, blocks, hidden, batch, iterations, terms=5):
    def case(seconds):
        torch, nets, _, _ = load()
        model = density(nets, shape, stages, blocks, hidden, iterations, terms)
        model.train()
        optimizer = torch.optim.Adamax(model.parameters(), lr=3e-3)
        images = torch.rand(batch, *shape) - 0.5

        def step():
            optimizer.zero_grad()
            x = images.clone().requires_grad_()
            _, log_prior, trace = model(x)
            loss = -(log_prior + trace).mean()
            loss.backward()
            optimizer.step()
        return repeat(step, seconds)
    return case


def classifier_step(shape, blocks, hidden, padding, batch, iterations):
    def case(seconds):
        torch, nets, _, _ = load()
        model = nets.conv_iResNet(
            shape, [blocks] * 3, [1, 2, 2], hidden, init_ds=1, inj_pad=padding, coeff=COEFFICIENT,
            density_estimation=False, nClasses=10, n_power_iter=iterations, nonlin="elu")
        model.train()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
        criterion = torch.nn.CrossEntropyLoss()
        x, labels = torch.rand(batch, *shape) - 0.5, torch.arange(batch) % 10

        def step():
            optimizer.zero_grad()
            logits, _ = model(x)
            loss = criterion(logits, labels)
            loss.backward()
            optimizer.step()
        return repeat(step, seconds)
    return case


def inverse(shape, stages, blocks, hidden, batch):
    def case(seconds):
        torch, nets, _, _ = load()
        model = density(nets, shape, stages, blocks, hidden, 1)
        x = torch.rand(batch, *shape) - 0.5
        model(x.clone().requires_grad_())
        model.eval()
        with torch.no_grad():
            latents = model(x, ignore_logdet=True)[0]
        return repeat(lambda: model.inverse(latents, INVERSE_ITERATIONS), seconds)
    return case


def toy_step(blocks, batch, terms=None):
    """Blocks 2-64-64-64-2 of the official spectral normalization and log-determinants: the repository has no module of
    this shape."""
    def case(seconds):
        torch, _, matrix_utils, spectral = load()
        from models.model_utils import ActNorm

        def linear(inputs, outputs):
            return spectral.spectral_norm_fc(torch.nn.Linear(inputs, outputs), COEFFICIENT, n_power_iterations=5)

        def branch():
            layers = []
            for inputs, outputs in [(2, 64), (64, 64), (64, 64)]:
                layers += [linear(inputs, outputs), torch.nn.ELU()]
            return torch.nn.Sequential(*layers, linear(64, 2))

        branches = torch.nn.ModuleList([branch() for _ in range(blocks)])
        norms = torch.nn.ModuleList([ActNorm(2) for _ in range(blocks)])
        prior = torch.distributions.Normal(torch.zeros(2), torch.ones(2))
        points = torch.randn(batch, 2)

        def log_prob(x):
            total = 0
            for g, norm in zip(branches, norms):
                change = g(x)
                y = x + change
                if terms is None:
                    log_det, _ = matrix_utils.compute_log_det(x, y)
                else:
                    log_det = matrix_utils.power_series_matrix_logarithm_trace(change, x, terms, 1)
                x, scale = norm(y)
                total = total + log_det + scale
            return prior.log_prob(x).sum(1) + total

        log_prob(points.clone().requires_grad_())  # ActNorm takes its values from the first batch
        optimizer = torch.optim.Adam([*branches.parameters(), *norms.parameters()], lr=1e-3)

        def step():
            optimizer.zero_grad()
            loss = -log_prob(points.clone().requires_grad_()).mean()
            loss.backward()
            optimizer.step()
        return repeat(step, seconds)
    return case


MNIST28, MNIST32, CIFAR = (1, 28, 28), (1, 32, 32), (3, 32, 32)
CASES = {
    "density_mnist28_b32_n5_pi1": density_step(MNIST28, 2, 4, 32, 32, 1),
    "density_mnist28_b32_n5_pi5": density_step(MNIST28, 2, 4, 32, 32, 5),
    "density_mnist32_b32_n5_pi5": density_step(MNIST32, 3, 4, 32, 32, 5),
    "density_cifar_b32_n5_pi1": density_step(CIFAR, 3, 4, 32, 32, 1),
    "density_cifar_b32_n5_pi5": density_step(CIFAR, 3, 4, 32, 32, 5),
    "density_cifar_b32_n20_pi5": density_step(CIFAR, 3, 4, 32, 32, 5, terms=20),
    "density_paper_b4_n5_pi5": density_step(CIFAR, 3, 16, 512, 4, 5),
    "classifier_mnist28_b32_pi1": classifier_step(MNIST28, 4, [32, 32, 32], 7, 32, 1),
    "classifier_cifar_b32_pi1": classifier_step(CIFAR, 4, [32, 32, 32], 13, 32, 1),
    "classifier_cifar_b32_pi5": classifier_step(CIFAR, 4, [32, 32, 32], 13, 32, 5),
    "classifier_paper_b128_pi1": classifier_step(CIFAR, 7, [32, 64, 128], 13, 128, 1),
    "inverse_cifar_b32": inverse(CIFAR, 3, 4, 32, 32),
    "inverse_mnist28_b32": inverse(MNIST28, 2, 4, 32, 32),
    "toy_10blocks_b500_exact": toy_step(10, 500),
    "toy_100blocks_b500_exact": toy_step(100, 500),
    "toy_100blocks_b500_5terms": toy_step(100, 500, terms=5),
}


def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS:"))


def run_here(name, seconds):
    torch = load()[0]
    torch.nn.functional.conv2d(torch.rand(1, 1, 8, 8), torch.rand(1, 1, 3, 3, requires_grad=True)).sum().backward()
    before = resident()
    times = CASES[name](seconds)
    return {
        "median_s": statistics.median(times),
        "min_s": min(times),
        "runs": len(times),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "rss_before_mib": before,
    }


def machine():
    import platform

    import torch

    with open("/proc/cpuinfo") as info:
        processor = next(line.split(":")[1].strip() for line in info if line.startswith("model name"))
    blas = os.path.realpath("/usr/lib/x86_64-linux-gnu/libblas.so.3")
    return (
        f"{processor}, {os.cpu_count()} logical cores, {platform.platform()}, Python {platform.python_version()}, "
        f"PyTorch {torch.__version__}, BLAS {blas}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", nargs="*", default=list(CASES), choices=list(CASES), metavar="NAME")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument(
        "--has", metavar="NAME", help="only say, by the exit code, whether there is a case of this name")
    parser.add_argument("--in-process", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.has:
        sys.exit(arguments.has not in CASES)
    if arguments.json is None:
        parser.error("--json FILE is needed.")
    if not os.path.isfile(os.path.join(os.environ.get("OFFICIAL_IRESNET", ""), "models", "conv_iResNet.py")):
        parser.error(
            "OFFICIAL_IRESNET must name a checkout of the official code, a folder with models/conv_iResNet.py.")
    if arguments.in_process:
        result = run_here(arguments.case[0], arguments.seconds)
        with open(arguments.json, "w") as file:
            json.dump(result, file)
        return
    cases = {}
    for name in arguments.case:
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            command = [
                sys.executable, __file__, "--in-process", "--case", name, "--seconds", str(arguments.seconds),
                "--json", file.name]
            subprocess.run(command, check=True, env={**os.environ, **TUNED}, stdout=subprocess.DEVNULL)
            cases[name] = json.load(file)
        print(
            f"{name}: min {cases[name]['min_s'] * 1e3:.1f} ms, median {cases[name]['median_s'] * 1e3:.1f} ms, "
            f"{cases[name]['runs']} runs",
            flush=True)
    report = {"machine": machine(), "threads": THREADS, "cases": cases}
    with open(arguments.json + ".partial", "w") as file:
        json.dump(report, file, indent=2)
        file.write("\n")
    os.replace(arguments.json + ".partial", arguments.json)


if __name__ == "__main__":
    main()
