"""Reads models that the library saved under the official names, and repeats their forward passes with plain torch
functions.

Prints one line of JSON a file: the relative error of each tensor under "expected.". Knows the official layout, and
nothing of the library. Exit code 77: there is no torch.
"""
import json
import struct
import sys

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    sys.exit(77)
try:
    from safetensors.torch import load_file
except ImportError:
    load_file = None

TYPES = {"F64": torch.float64, "F32": torch.float32, "I64": torch.int64}


def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    config = header.pop("__metadata__")
    tensors = {
        name: torch.frombuffer(
            data[slice(*entry["data_offsets"])], dtype=TYPES[entry["dtype"]]
        ).reshape(entry["shape"])
        for name, entry in header.items()
    }
    if load_file is not None:
        assert all(
            torch.equal(tensor, tensors[name]) for name, tensor in load_file(path).items()
        ), "the reference reader disagrees"
    return config, tensors


def effective(state, name, c):
    weight, u, v = (state[name + key] for key in ("weight_orig", "weight_u", "weight_v"))
    if weight.shape[-1] == 1:
        return weight / torch.clamp(u.flatten().dot(weight.flatten(1) @ v.flatten()) / c, min=1)
    side = round((v.numel() / weight.shape[1]) ** 0.5)
    sigma = u.flatten().dot(F.conv2d(v.view(1, -1, side, side), weight, padding=1).flatten())
    return weight / (torch.clamp(sigma / c, min=1) + 1e-5)


def block(state, prefix, x, c):
    if prefix + "actnorm._shift" in state:
        x = (
            x * state[prefix + "actnorm._log_scale"].exp().view(1, -1, 1, 1)
            + state[prefix + "actnorm._shift"].view(1, -1, 1, 1)
        )
    g, first = x, prefix + "bottleneck_block.0.weight_orig" in state
    for i in range(3):
        name = f"{prefix}bottleneck_block.{2 * i + (not first)}."
        g = g if first and i == 0 else F.elu(g)
        g = F.conv2d(
            g, effective(state, name, c), state[name + "bias"], padding=state[name + "weight_orig"].shape[-1] // 2
        )
    return x + g


def squeeze(x):
    n, channels, height, width = x.shape
    return (
        x.view(n, channels, height // 2, 2, width // 2, 2)
        .permute(0, 3, 5, 1, 2, 4)
        .reshape(n, 4 * channels, height // 2, width // 2)
    )


def classifier(config, state, x):
    c, index = float(config["coeff"]), 0
    x = F.pad(x, (0, 0, 0, 0, 0, int(config["inj_pad"])))
    for blocks, stride in zip(json.loads(config["nBlocks"]), json.loads(config["nStrides"])):
        x = squeeze(x) if stride == 2 else x
        for _ in range(blocks):
            x, index = block(state, f"stack.{index}.", x, c), index + 1
    x = F.batch_norm(x, state["bn1.running_mean"], state["bn1.running_var"], state["bn1.weight"], state["bn1.bias"])
    return {"logits": F.linear(F.relu(x).mean((2, 3)), state["logits.weight"], state["logits.bias"])}


def latents(config, state, x):
    c, gone = float(config["coeff"]), []
    scales = list(zip(json.loads(config["nBlocks"]), json.loads(config["nStrides"])))
    for scale, (blocks, stride) in enumerate(scales):
        x = squeeze(x) if stride == 2 else x
        for i in range(blocks):
            x = block(state, f"stack.{scale}.stack.{i}.", x, c)
        if scale < len(scales) - 1:
            gone.append(x[:, : x.shape[1] // 2].flatten(1))
            x = x[:, x.shape[1] // 2 :]
    return torch.cat(gone + [x.flatten(1)], 1)


def density(config, state, x):
    z = latents(config, state, x)
    prior = torch.distributions.Normal(state["prior_mu"], state["prior_logstd"].exp())
    jacobians = [
        torch.autograd.functional.jacobian(lambda one: latents(config, state, one), one.unsqueeze(0)) for one in x
    ]
    log_det = torch.stack([torch.linalg.slogdet(jacobian.reshape(z.shape[1], -1)).logabsdet for jacobian in jacobians])
    return {"z": z, "log_prob": prior.log_prob(z).sum(1) + log_det}


torch.set_num_threads(1)
for path in sys.argv[1:]:
    config, tensors = read(path)
    model = {
        "classifier": classifier,
        "density": density,
        "block": lambda config, state, x: {"y": block(state, "", x, float(config["coeff"]))},
    }[config["kind"]]
    with torch.no_grad() if config["kind"] != "density" else torch.enable_grad():
        outputs = model(config, tensors, tensors["x"])
    errors = {
        name: ((tensor - tensors["expected." + name]).abs().max() / tensor.abs().max()).item()
        for name, tensor in outputs.items()
    }
    print(json.dumps(errors))
