"""The repository keeps the shape that its design gives it."""

from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_top_level_packages_are_the_agreed_ones() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages == {"bot", "handlers", "scheduled", "store", "tests"}
