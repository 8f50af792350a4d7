"""Puts the parts of compare.sh together as results.json, and writes its figures into RESULTS.md between the two marks.
Without --collect it only writes the tables again."""
import argparse
import datetime
import json
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS, WITHOUT_AVX512, TABLES = (
    os.path.join(HERE, name) for name in ("results.json", "results-avx2.json", "RESULTS.md"))
BEGIN, END = "<!-- figures: written by tables.py -->\n", "<!-- end of figures -->\n"


def collect(folder):
    report = {
        "date": datetime.date.today().isoformat(),
        "commit": subprocess.run(
            ["git", "-C", HERE, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True,
        ).stdout.strip(),
        "load": os.getloadavg()[1],
    }
    for side in ("ours", "paper", "official"):
        parts = []
        for name in sorted(os.listdir(os.path.join(folder, side))):
            with open(os.path.join(folder, side, name)) as file:
                parts.append(json.load(file))
        report[side] = {
            "machine": parts[0]["machine"] if parts else None,
            "threads": parts[0]["threads"] if parts else None,
            "cases": {name: case for part in parts for name, case in part["cases"].items()},
        }
    return report


class Figures:
    def __init__(self, report):
        self.report = report

    def case(self, side, name):
        return self.report[side]["cases"].get(name)

    def get(self, side, name, key="min_s"):
        case = self.case(side, name)
        return None if case is None else case.get(key)

    def detail(self, name, key):
        case = self.case("ours", name)
        return None if case is None else case["details"].get(key)

    def ratio(self, side, theirs, ours=None):
        a, b = self.get(side, theirs), self.get("ours", ours or theirs)
        return None if a is None or b is None else a / b

    def own_memory(self, side, name):
        peak, before = self.get(side, name, "peak_rss_mib"), self.get(side, name, "rss_before_mib")
        return None if peak is None else peak - before

    def memory_ratio(self, side, name):
        a, b = self.own_memory(side, name), self.own_memory("ours", name)
        return None if a is None or b is None else a / b

    def distance(self, name):
        bound = self.get("ours", name, "lower_bound_s")
        return None if bound is None else self.get("ours", name) / bound


def number(value, form="{:.1f}", missing="-"):
    return missing if value is None else form.format(value)


def times(value):
    return number(value, "{:.1f}x")


def milliseconds(seconds):
    return number(
        None if seconds is None else seconds * 1e3, "{:,.1f}" if seconds is None or seconds < 0.1 else "{:,.0f}")


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines) + "\n"


def reached(values, least, aim):
    known = [value for value in values if value is not None]
    if not known:
        return "not measured"
    return "aim" if min(known) >= aim else "yes" if min(known) >= least else "no"


def goals(f):
    rows = []

    def row(what, least, aim, official, paper, verdict):
        rows.append([what, least, aim, official, paper, verdict])

    def step(what, cases, least, aim, paper_least=None, paper_aim=None, paired=None):
        official = [f.ratio("official", theirs, ours) for theirs, ours in (paired or [(c, c) for c in cases])]
        paper = [f.ratio("paper", theirs, ours) for theirs, ours in (paired or [(c, c) for c in cases])]
        verdict = reached(official, least, aim)
        if paper_least is not None and official[0] is not None:
            verdict += " / " + reached(paper, paper_least, paper_aim)
        row(what,
            f"{least}x" + (f" ({paper_least}x)" if paper_least else ""),
            f"{aim}x" + (f" ({paper_aim}x)" if paper_aim else ""),
            " / ".join(map(times, official)), " / ".join(map(times, paper)) if any(paper) else "-", verdict)

    step("density step, cifar / mnist28, 5 power iterations on both sides",
         ["density_cifar_b32_n5_pi5", "density_mnist28_b32_n5_pi5"], 3.5, 6, 2, 3)
    step("the same with 1 warm-started iteration here, cifar / mnist28", [], 4.5, 8, paired=[
        ("density_cifar_b32_n5_pi5", "density_cifar_b32_n5_pi1"),
        ("density_mnist28_b32_n5_pi5", "density_mnist28_b32_n5_pi1")])
    step("density step, paper's width, batch 4", ["density_paper_b4_n5_pi5"], 4, 8, 2, 3)

    memory = [f.memory_ratio("official", name) for name in ("density_cifar_b32_n5_pi5", "density_mnist28_b32_n5_pi5")]
    against = [f.memory_ratio("paper", name) for name in ("density_cifar_b32_n5_pi5", "density_mnist28_b32_n5_pi5")]
    row("memory of the step above the runtime's own, cifar / mnist28", "1.8x less", "3x less",
        " / ".join(map(times, memory)), " / ".join(map(times, against)), reached(memory, 1.8, 3))
    five, twenty = (f.get("ours", f"density_cifar_b32_n{n}_pi5", "peak_rss_mib") for n in (5, 20))
    if five and twenty:
        row("peak memory with 20 terms, cifar", "within 5 % of 5 terms", "",
            f"{100 * (twenty / five - 1):+.1f} %", "-", "yes" if abs(twenty / five - 1) <= 0.05 else "no")
    step("classifier step, cifar / cifar with 5 power iterations / mnist28 / paper's batch of 128",
         ["classifier_cifar_b32_pi1", "classifier_cifar_b32_pi5",
          "classifier_mnist28_b32_pi1", "classifier_paper_b128_pi1"], 1.3, 2)
    step("inverse to 1e-6, c = 0.9 (official: 100 iterations), cifar / mnist28",
         ["inverse_cifar_b32", "inverse_mnist28_b32"], 12, 20)
    block = f.case("ours", "logdet_mnist28_block")
    if block:
        d = block["details"]
        # The error against the full Jacobian holds both, the probes' spread and the bias.
        enough = [
            d[f"{key.removesuffix('_rms_error_nats')}_products"]
            for key, error in d.items()
            if key.startswith("arnoldi") and key.endswith("_rms_error_nats") and error <= 0.05]
        share = d["dimensions"] / min(enough) if enough else 0
        row("log-det of a block to 0.05 nats (d = 784): products, by the error against the full Jacobian",
            "a seventh of the exact Jacobian's", "a tenth",
            f"{min(enough, default=0):.0f}, 1/{share:.1f}" if enough else "not within the plans tried", "-",
            reached([share], 7, 10))
        share = d["dimensions"] / d["stated_products"]
        row("the same with the error stated by the estimator itself, bias certified", "", "",
            f"{d['stated_products']:.0f}, 1/{share:.1f}", "-", "")
    step("toy, 100 blocks, exact log-det", ["toy_100blocks_b500_exact"], 13, 20)
    away = [f.distance(name) for name in ("density_cifar_b32_n5_pi5", "density_paper_b4_n5_pi5")]
    if all(away):
        verdict = [
            "aim" if a <= best else "yes" if a <= worst else "no"
            for a, worst, best in zip(away, (4, 2.6), (2, 1.5))]
        row("distance to the convolution bound, cifar / paper's width", "4x / 2.6x", "2x / 1.5x",
            " / ".join(map(times, away)), "-", " / ".join(verdict))
    return table(
        ["what", "at least", "aim", "against the official code", "against the paper's algorithm here", "reached"], rows)


def cases(f):
    rows = []
    for name, case in sorted(f.report["ours"]["cases"].items()):
        if name in ("scaling", "spectral_norm_training"):
            continue
        rows.append([
            name, milliseconds(case["min_s"]), milliseconds(case["median_s"]), str(case["runs"]),
            milliseconds(f.get("paper", name)), milliseconds(f.get("official", name)),
            *(
                " + ".join(
                    number(v, "{:.0f}") for v in (f.get(side, name, "rss_before_mib"), f.own_memory(side, name)))
                if f.case(side, name) else "-"
                for side in ("ours", "paper", "official")),
            milliseconds(case.get("lower_bound_s")), times(f.distance(name))])
    peaks = [case["convolution_peak_gflops"] for case in f.report["ours"]["cases"].values()]
    note = (
        "Lower bounds are at the convolution peak measured in the same process, "
        f"{min(peaks):.0f} to {max(peaks):.0f} GFLOP/s.\n\n")
    head = [
        "case", "here, min ms", "median", "runs", "paper's algorithm here", "official",
        "memory here, MiB", "paper's algorithm", "official", "bound, ms", "here / bound"]
    return table(head, rows) + note


def inverses(f):
    rows = []
    for name in ("inverse_cifar_b32", "inverse_mnist28_b32"):
        for solver in ("fixed_point", "anderson", "chebyshev"):
            if f.detail(name, f"{solver}_min_s"):
                rows.append([
                    name, solver.replace("_", " "), milliseconds(f.detail(name, f"{solver}_min_s")),
                    number(f.detail(name, f"{solver}_evaluations_a_block")),
                    number(f.detail(name, f"{solver}_max_error"), "{:.1e}"),
                    number(f.detail(name, f"{solver}_tolerance"), "{:.1e}")])
        rows.append([
            name, "100 iterations, weights frozen", milliseconds(f.detail(name, "iterations_100_min_s")),
            "100", "", ""])
    return table(["case", "solver", "min ms", "evaluations per block", "largest error", "tolerance"], rows)


def log_dets(f):
    rows = []
    block = f.case("ours", "logdet_mnist28_block")
    for key, error in (block["details"] if block else {}).items():
        if key.endswith("_rms_error_nats") and key != "stated_rms_error_nats":
            name = key[:-len("_rms_error_nats")]
            products = block["details"].get(f"{name}_products", name.removeprefix("series_"))
            rows.append([
                "block, d = 784", name.replace("_", " "), str(products).removesuffix(".0"), "", f"{error:.3g}",
                number(block["details"].get(f"{name}_bias_bound_nats"), "{:.2g}")])
    if block:
        d = block["details"]
        rows.append([
            "block, d = 784", f"adaptive, to {d['stated_error_nats']:g} nats", f"{d['stated_products']:.0f}",
            milliseconds(block["min_s"]), f"{d['stated_rms_error_nats']:.3g}", f"{d['stated_bias_bound_nats']:.2g}"])
    flow = f.case("ours", "logdet_cifar_b32")
    for key, error in (flow["details"] if flow else {}).items():
        if key.endswith("_rms_error_nats"):
            name = key[:-len("_rms_error_nats")]
            products = flow["details"].get(f"{name}_products_a_block", name.removeprefix("series_"))
            rows.append([
                "12 blocks, cifar", name.replace("_", " "), number(float(products), "{:.0f}"),
                milliseconds(flow["details"][f"{name}_s"]), f"{error:.3g}", ""])
    return table(
        ["what", "estimator", "products per block", "min ms, 32 images", "rms error, nats per image", "bias bound"],
        rows)


def spectral(f):
    case = f.case("ours", "spectral_norm_training")
    rows = []
    for iterations in (1, 5, 15):
        for step in (50, 100, 200, 300):
            cells = [f"{iterations}", f"{step}"]
            for kernel in ("3x3", "1x1"):
                cells += [
                    number(f.detail("spectral_norm_training", f"pi{iterations}_step{step}_{kernel}_{what}"), "{:.3f}")
                    for what in ("min", "mean", "largest_norm")]
            rows.append(cells)
    return table(
        ["iterations per step", "step",
         "3x3: least", "mean", "largest norm left", "1x1: least", "mean", "largest norm left"],
        rows) if case else ""


def scaling(f):
    rows = {}
    for side in ("ours", "paper"):
        case = f.case(side, "scaling")
        for key, value in (case["details"] if case else {}).items():
            quantity, at = key.removesuffix("_min_s").split("_")
            rows.setdefault((quantity, int(at)), {})[side] = value
    return table(["quantity", "value", "here, min ms", "paper's algorithm here"], [
        [quantity, str(at), milliseconds(found.get("ours")), milliseconds(found.get("paper"))]
        for (quantity, at), found in rows.items()])


def heading(report):
    load = report["load"]
    quiet = "" if load < 3 else (
        f" **Measured on a busy machine (load {load:.0f}): ratios are rough, absolute times are useless.**")
    return (
        f"Date: {report['date']}, commit {report['commit']}, {report['ours']['threads']} threads.{quiet}\n\n"
        f"* Here: {report['ours']['machine']}\n"
        f"* Official: {report['official']['machine'] or 'not measured'}\n\n")


def write(report, narrow):
    f = Figures(report)
    parts = [
        BEGIN, "\n", heading(report),
        "## What was to be reached\n\n", goals(f),
        "## All cases\n\nMemory: resident with the library loaded, plus what the case adds at its peak.\n\n", cases(f),
    ]
    if narrow:
        parts += [
            "## Without AVX-512\n\n"
            "`compare.sh --avx2`: AVX2 with FMA on both sides, as on processors that have no more.\n\n",
            heading(narrow), goals(Figures(narrow)), cases(Figures(narrow)),
        ]
    parts += [
        "## Inverses\n\n"
        "32 latents after 250 training steps, to a largest error of 1e-6 against the inverse in float64, or as close "
        "as 100 iterations come where rounding allows no 1e-6.\n\n", inverses(f),
        "## Log-determinants\n\n"
        "After 250 training steps, against the full Jacobian; Gaussian probes for the series, coloured random signs "
        "for Arnoldi.\n\n", log_dets(f),
        "## Spectral norms during training\n\n"
        "estimate / exact after so many steps on MNIST (`mnist28`, batch 64), as the next step sees it, and the "
        "largest norm that is left of a weight held to 0.9. The ratio of every layer is in `results.json`.\n\n",
        spectral(f),
        "## Growth of a training step's cost\n\n"
        "One quantity at a time; otherwise 3x32x32, three stages of 4 blocks, 32 channels, batch 32, 5 terms, 1 power "
        "iteration.\n\n", scaling(f),
        END,
    ]
    with open(TABLES) as file:
        text = file.read()
    before, after = text[:text.index(BEGIN)], text[text.index(END) + len(END):]
    replace(TABLES, before + "".join(parts) + after)


def replace(path, text):
    """Under a temporary name first: an interrupted run loses nothing."""
    with open(path + ".partial", "w") as file:
        file.write(text)
    os.replace(path + ".partial", path)


def read(path):
    with open(path) as file:
        return json.load(file)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collect", metavar="FOLDER", help="where compare.sh has put its parts")
    parser.add_argument("--as", dest="name", default=os.path.basename(RESULTS), help="the file that they become")
    arguments = parser.parse_args()
    if arguments.collect:
        replace(os.path.join(HERE, arguments.name), json.dumps(collect(arguments.collect), indent=1) + "\n")
    write(read(RESULTS), read(WITHOUT_AVX512) if os.path.exists(WITHOUT_AVX512) else None)


if __name__ == "__main__":
    main()
