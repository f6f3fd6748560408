"""The learning task: a small convolutional network in PyTorch, on the GPU where there is one.

This is the file to change first. What server.py and client.py need of it is small: `initial_weights`, `train` and
`evaluate`. A client's share of the data comes from data.py.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from data import CLASSES, SEED, Array, Labels

Weights = list[NDArray[np.float32]]

CHANNELS = 16
LEARNING_RATE = 0.1
LOCAL_EPOCHS = 2
BATCH = 16
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
if DEVICE.type == "cpu":
    # So small a network is not worth a second thread; they would wait for each other.
    torch.set_num_threads(1)


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, CHANNELS, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(CHANNELS * 4 * 4, CLASSES),
    )


def model_of(weights: Weights) -> nn.Sequential:
    model = network()
    names = model.state_dict().keys()
    model.load_state_dict({name: torch.tensor(layer) for name, layer in zip(names, weights, strict=True)})
    return model.to(DEVICE)


def weights_of(model: nn.Sequential) -> Weights:
    return [layer.cpu().numpy() for layer in model.state_dict().values()]


def tensors(images: Array, labels: Labels) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor(images, dtype=torch.float32, device=DEVICE), torch.tensor(labels, device=DEVICE)


def initial_weights() -> Weights:
    torch.manual_seed(SEED)
    return weights_of(network())


def train(common: Weights, images: Array, labels: Labels, draw: int = 0, proximal_mu: float = 0.0) -> Weights:
    """Mini-batch gradient descent; `draw` (the round, say) chooses the order of the samples.

    With a `proximal_mu`, as FedProx sends it, the weights are held back near the common ones that all began with.
    """
    model = model_of(common)
    begun = [parameter.detach().clone() for parameter in model.parameters()]
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    order = torch.Generator().manual_seed(SEED + draw)
    inputs, wanted = tensors(images, labels)
    for _ in range(LOCAL_EPOCHS):
        for batch in torch.randperm(len(labels), generator=order).split(BATCH):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs[batch]), wanted[batch])
            if proximal_mu:
                strayed = [(now - before).square().sum() for now, before in zip(model.parameters(), begun, strict=True)]
                loss = loss + proximal_mu / 2 * torch.stack(strayed).sum()
            loss.backward()
            optimizer.step()
    return weights_of(model)


def evaluate(weights: Weights, images: Array, labels: Labels) -> tuple[float, float]:
    """Cross-entropy loss and accuracy."""
    inputs, wanted = tensors(images, labels)
    with torch.inference_mode():
        scores = model_of(weights)(inputs)
    loss = nn.functional.cross_entropy(scores, wanted)
    return loss.item(), (scores.argmax(dim=1) == wanted).float().mean().item()
