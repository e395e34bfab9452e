"""Asking on the command line prints the decisions, and nothing but them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from tests.bot import ROOT

QUESTIONS = "What is a Policy Lab?\nmembership\nqwertyuiop\n\n"


@pytest.mark.processes
async def test_ask_prints_a_json_object_a_question_and_nothing_else(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "ask", "--json"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'bot.db'}"},
    )
    printed, _ = await process.communicate(QUESTIONS.encode())
    answers = [json.loads(line) for line in printed.decode().splitlines()]
    assert process.returncode == 0
    assert [answer["decision"] for answer in answers] == ["answer", "suggest", "abstain", "abstain"]
    assert answers[0]["slug"] == "policy-labs"
    assert 1 <= len(answers[1]["suggestions"]) <= 3
    for answer in answers:
        assert set(answer) == {"decision", "slug", "confidence", "suggestions", "text"}
        assert 0 <= answer["confidence"] <= 1
