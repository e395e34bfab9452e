"""The trainer: multinomial logistic regression on a kernel, with NumPy alone."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from handlers.faq_engine.features import Floats, Integers

_MEMORY = 6
_MOST_STEPS = 200
# Stops once the gradient is this small beside what it was at the start; three times as much left large
# knowledge bases short of their best.
_ENOUGH = 1e-3


@dataclass(frozen=True, slots=True)
class _Move:
    """A step taken and what it changed in the gradient, both also as the kernel sees them."""

    step: Floats
    change: Floats
    step_seen: Floats
    change_seen: Floats
    inverse: float


def train(kernel: Floats, labels: Integers, classes: int, penalty: float) -> Floats:
    """The coefficients, rows by classes, that make ``kernel @ coefficients`` the best logits.

    Minimises ``penalty * cross-entropy + |f|² / 2`` over the functions f of the kernel. The method
    is L-BFGS in the geometry of the kernel itself, so that one product with the kernel a step does.
    """
    rows = len(labels)
    target = np.zeros((rows, classes), np.float32)
    target[np.arange(rows), labels] = 1
    coefficients = np.zeros((rows, classes), np.float32)
    logits = np.zeros_like(coefficients)
    loss, gradient = _loss(coefficients, logits, target, labels, penalty)
    through = kernel @ gradient
    first = _dot(gradient, through)
    past: deque[_Move] = deque(maxlen=_MEMORY)
    for _ in range(_MOST_STEPS):
        if _dot(gradient, through) <= first * _ENOUGH**2:
            break
        step, seen = _direction(gradient, through, past)
        slope = _dot(gradient, seen)
        size = 1.0 if past else 1.0 / penalty
        for _ in range(20):
            moved, moved_logits = coefficients + size * step, logits + size * seen
            new_loss, new_gradient = _loss(moved, moved_logits, target, labels, penalty)
            if new_loss <= loss + 1e-4 * size * slope:
                break
            size /= 2
        else:
            break
        new_through = kernel @ new_gradient
        change, change_seen = new_gradient - gradient, new_through - through
        curvature = size * _dot(step, change_seen)
        if curvature > 0:
            past.append(_Move(size * step, change, size * seen, change_seen, 1 / curvature))
        coefficients, logits, loss = moved, moved_logits, new_loss
        gradient, through = new_gradient, new_through
    return coefficients


def softmax(logits: Floats) -> Floats:
    """Probabilities along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _loss(
    coefficients: Floats, logits: Floats, target: Floats, labels: Integers, penalty: float
) -> tuple[float, Floats]:
    chances = softmax(logits)
    likelihood = np.log(np.maximum(chances[np.arange(len(labels)), labels], 1e-30)).sum(dtype=np.float64)
    loss = -penalty * float(likelihood) + _dot(coefficients, logits) / 2
    gradient: Floats = penalty * (chances - target) + coefficients
    return loss, gradient


def _direction(gradient: Floats, through: Floats, past: deque[_Move]) -> tuple[Floats, Floats]:
    """The two-loop recursion, for the direction and for the direction seen through the kernel."""
    step, seen = -gradient, -through
    shares = []
    for move in reversed(past):
        share = move.inverse * _dot(move.step, seen)
        step, seen = step - share * move.change, seen - share * move.change_seen
        shares.append(share)
    if past:
        newest = past[-1]
        scale = 1 / (newest.inverse * _dot(newest.change, newest.change_seen))
        step, seen = step * scale, seen * scale
    for move, share in zip(past, reversed(shares), strict=True):
        rest = share - move.inverse * _dot(move.change, seen)
        step, seen = step + rest * move.step, seen + rest * move.step_seen
    return step, seen


def _dot(left: Floats, right: Floats) -> float:
    return float(np.vdot(left, right))
