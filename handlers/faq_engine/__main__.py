"""The process that learns: ``python -m handlers.faq_engine`` reads a lesson and writes a model; with
``changes`` it looks over a change instead."""

import os
import sys

from handlers.faq_engine import changes
from handlers.faq_engine.learner import answer

if __name__ == "__main__":
    # Whoever waits for an answer goes first.
    if hasattr(os, "nice"):
        os.nice(10)
    if sys.argv[1:] == ["changes"]:
        sys.stdout.write(changes.answer(sys.stdin.read()))
    else:
        sys.stdout.buffer.write(answer(sys.stdin.read()))
