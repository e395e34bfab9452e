"""The FAQ engine: fitted to entries, it ranks them for a question with calibrated probabilities."""

from handlers.faq_engine.calibration import Aims, Calibration
from handlers.faq_engine.model import Entry, Model, Ranked, fit, fit_calibrated, missing_examples

__all__ = ["Aims", "Calibration", "Entry", "Model", "Ranked", "fit", "fit_calibrated", "missing_examples"]
