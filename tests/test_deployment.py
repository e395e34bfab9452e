"""Container, compose file, hooks and pipeline: no root, no secret, nothing that is not pinned."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bot.settings import Settings
from tests.bot import ROOT
from tests.conftest import skip

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SECRETS = sorted(
    name.upper() for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)
)


def test_the_dockerfile_is_clean() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    if not hadolint.exists():
        skip("hadolint is installed on Linux on x86-64 alone")
    result = subprocess.run([hadolint, "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")


def test_the_container_runs_without_rights_and_with_pinned_packages() -> None:
    lines = DOCKERFILE.splitlines()
    last_stage = lines[max(number for number, line in enumerate(lines) if line.startswith("FROM")) :]
    users = [line.split()[1] for line in last_stage if line.startswith("USER")]
    assert users == ["10001"]
    assert all(not line.startswith(("RUN", "COPY")) for line in last_stage[last_stage.index("USER 10001") :])
    installs = [line for line in lines if "pip install" in line]
    assert installs
    assert all("--require-hashes" in line for line in installs)
    assert "HEALTHCHECK" in DOCKERFILE
    assert not re.search(r"^ADD|:latest", DOCKERFILE, re.MULTILINE)


def test_the_container_holds_what_the_bot_needs_and_no_settings() -> None:
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE))
    names = {name for line in copied for name in line.split()}
    assert {"bot", "handlers", "scheduled", "store", "data", "locales", "pyproject.toml"} <= names
    assert [name for name in names if not (ROOT / name).exists()] == []
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert ignored[0] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == names


@pytest.mark.parametrize("name", [*SECRETS, "POSTGRES_PASSWORD"])
def test_no_secret_stands_in_the_container_or_the_compose_file(name: str) -> None:
    for text in (DOCKERFILE, (ROOT / "compose.yaml").read_text("utf-8")):
        for value in re.findall(rf"^\s*(?:ENV )?{name}[=:] ?(\S+)", text, re.MULTILINE):
            assert value.startswith("${"), value


def test_compose_starts_the_bot_in_slack_with_postgresql() -> None:
    bot, database = COMPOSE["services"]["bot"], COMPOSE["services"]["database"]
    assert bot["environment"]["DATABASE_URL"].startswith("postgresql://")
    assert bot["environment"]["SLACK_BOT_TOKEN"].startswith("${SLACK_BOT_TOKEN:?")
    assert bot["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "healthcheck" in database
    assert bot["read_only"]
    assert [volume.split(":")[1] for volume in bot["volumes"]] == ["/opt/bot/var"]
    assert all(port.startswith("127.0.0.1:") for port in bot["ports"])


def test_hooks_use_what_is_installed_and_no_network() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert [repo["repo"] for repo in hooks["repos"]] == ["local"]
    for hook in hooks["repos"][0]["hooks"]:
        assert hook["language"] == "system"
        assert (ROOT / hook["entry"].split()[0]).exists(), hook["id"]


def test_the_pipeline_can_be_run_and_stops_at_the_first_fault() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text("utf-8")
    assert "set -euo pipefail" in text
    assert "export CI=true" in text
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    # Between them, the check and the tests after it leave no test out.
    checked = re.search(r'-m "(.+)"$', (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    commands = [line for line in text.splitlines() if line.startswith("make ")]
    assert checked is not None
    assert checked[1] == "not browser and not processes"
    assert commands == ["make check", """make test TESTS="-m 'browser or processes'\""""]


def test_the_lock_holds_a_hash_for_every_package() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-semantic.lock"):
        entries = re.split(r"\n(?=\S)", (ROOT / name).read_text("utf-8").strip())
        assert entries
        assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
