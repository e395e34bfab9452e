"""Commands that read and write files: lists of people and organisations, groups, and the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot import configuration, imports
from bot.command_line import fail, read_settings, run
from bot.settings import SettingsError
from handlers.configuration import BadConfiguration
from handlers.configuration_differences import Difference
from handlers.import_plans import Kind
from handlers.kit.platform import system_clock

people_cli = typer.Typer(no_args_is_help=True, help="People as files: import and export.")
organisations_cli = typer.Typer(no_args_is_help=True, help="Organisations as files: import and export.")
config_cli = typer.Typer(no_args_is_help=True, help="Groups, rules and texts as one TOML file.")
events_cli = typer.Typer(no_args_is_help=True, help="Events as files: import.")
groups_cli = typer.Typer(no_args_is_help=True, help="Who is in which group, as a file.")
File = Annotated[Path, typer.Argument(help="A CSV file.")]
NewFile = Annotated[Path, typer.Argument(help="Where to write it; must not exist.")]
Apply = Annotated[bool, typer.Option("--apply", help="Change what the file says; else only look.")]


@people_cli.command("import")
def import_people(file: File, apply: Apply = False) -> None:
    """Say what a file of people would change, line by line; change it with --apply, all or nothing."""
    import_file(Kind.PEOPLE, file, apply=apply)


@organisations_cli.command("import")
def import_organisations(file: File, apply: Apply = False) -> None:
    """Say what a file of organisations would change, line by line; change it with --apply, all or nothing."""
    import_file(Kind.ORGANISATIONS, file, apply=apply)


@events_cli.command("import")
def import_events(file: File, apply: Apply = False) -> None:
    """Say what a file of events would add, line by line; add it with --apply, as drafts, all or nothing."""
    import_file(Kind.EVENTS, file, apply=apply)


@people_cli.command("export")
def export_people(file: NewFile) -> None:
    """Write everybody who is active to a file that `people import` reads."""
    export_file("people", file)


@organisations_cli.command("export")
def export_organisations(file: NewFile) -> None:
    """Write every organisation to a file that `organisations import` reads."""
    export_file("organisations", file)


@groups_cli.command("export")
def export_groups(file: NewFile) -> None:
    """Write who is in which group, how they got in and when."""
    export_file("groups", file)


@config_cli.command("export")
def export_config(file: NewFile) -> None:
    """Write groups with their rules, the rules of engagement and the texts to a TOML file."""
    configured = read_settings()

    async def work() -> None:
        text = await configuration.export(configured, system_clock)
        try:
            with open(file, "x", encoding="utf-8", newline="\n") as written:  # noqa: ASYNC230 (nothing waits)
                written.write(text)
        except OSError as error:
            raise SettingsError(f"{file}: {error.strerror}") from None

    run(work())
    typer.echo(f"Written to {file}.")


@config_cli.command("import")
def import_config(
    file: Annotated[Path, typer.Argument(help="A file that `config export` wrote.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
) -> None:
    """Show what a file would change, ask, and apply it whole or not at all."""
    configured = read_settings()

    def agree(differences: list[Difference]) -> bool:
        for line in configuration.lines(differences):
            typer.echo(line)
        return not dry_run and (yes or typer.confirm("Apply these changes?"))

    async def work() -> None:
        done = await configuration.bring_in(configured, wanted, system_clock, agree)
        typer.echo("Applied." if done else "Nothing was changed.")

    try:
        wanted = configuration.parse(file.read_text("utf-8"))
        run(work())
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    except UnicodeDecodeError:
        fail(f"{file}: it is not UTF-8")
    except BadConfiguration as error:
        for problem in error.problems:
            typer.echo(f"{file}: {problem}", err=True)
        fail("Nothing was changed.")


def import_file(kind: Kind, file: Path, *, apply: bool) -> None:
    """Report what a file would change, or has changed; ends with status 2 when it has problems."""
    configured = read_settings()
    try:
        data = file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}")

    async def work() -> None:
        plan, done = await imports.bring_in(configured, kind, data, system_clock, apply=apply)
        for line in imports.report(plan, done=done):
            typer.echo(line)
        if plan.problems:
            raise typer.Exit(2)

    run(work())


def export_file(kind: str, file: Path) -> None:
    """Write one of the lists that ``handlers.exports`` knows to a new file."""
    run(imports.export(read_settings(), kind, file, system_clock))
    typer.echo(f"Written to {file}.")
