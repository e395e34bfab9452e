"""The process that learns: ``python -m handlers.faq_engine`` reads a lesson and writes a model."""

import os
import sys

from handlers.faq_engine.learner import answer

if __name__ == "__main__":
    # Whoever waits for an answer goes first.
    if hasattr(os, "nice"):
        os.nice(5)
    sys.stdout.buffer.write(answer(sys.stdin.read()))
