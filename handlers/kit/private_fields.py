"""Private fields of forms: what is typed into them is sealed wherever it is stored, drafts included."""

from __future__ import annotations

from collections.abc import Mapping

from handlers.kit.forms import Form, TextField
from handlers.kit.updates import RawAnswer, RawAnswers
from store.sealing import Vault


def sealed(
    form: Form, typed: Mapping[str, RawAnswer], held: Mapping[str, RawAnswer], vault: Vault
) -> RawAnswers:
    """What was typed, ready to be stored. What is sealed in ``held`` already stays as it is, since sealing
    it again would look like a change."""
    private = _private(form)
    stored: RawAnswers = {}
    for name, answer in typed.items():
        if name not in private or not isinstance(answer, str) or not answer:
            stored[name] = answer
            continue
        before = held.get(name)
        same = isinstance(before, str) and vault.open(before) == answer
        stored[name] = before if same and before is not None else vault.seal(answer)
    return stored


def opened(form: Form, stored: Mapping[str, RawAnswer], vault: Vault) -> RawAnswers:
    """What was typed, as it was; a private answer that no key opens is empty."""
    private = _private(form)
    return {
        name: vault.open(answer) or "" if name in private and isinstance(answer, str) and answer else answer
        for name, answer in stored.items()
    }


def _private(form: Form) -> frozenset[str]:
    return frozenset(one.name for one in form.fields if isinstance(one, TextField) and one.private)
