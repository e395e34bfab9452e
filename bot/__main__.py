"""The command line: ``python -m bot …``."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tomllib
from pathlib import Path
from typing import Annotated

import typer

from bot import asking, checkup, logs, settings, vouching
from bot.app import App, open_database, prepare, read_network
from bot.checkup import Severity
from bot.command_line import fail, read_settings, run
from bot.faq_commands import faq_cli, faq_model_cli
from bot.file_commands import config_cli, events_cli, groups_cli, organisations_cli, people_cli
from bot.settings import SettingsError
from bot.slack.manifest import manifest
from handlers import all_routers
from handlers.kit.platform import system_clock
from handlers.kit.router import Router
from store.backup import BackupError
from store.backup import backup as back_up
from store.backup import restore as put_back
from store.sign_in import VALID_FOR

cli = typer.Typer(
    name="bot", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="The member-engagement bot of a network of councils.",
)  # fmt: skip

cli.add_typer(people_cli, name="people")
cli.add_typer(events_cli, name="events")
cli.add_typer(organisations_cli, name="organisations")
cli.add_typer(groups_cli, name="groups")
cli.add_typer(config_cli, name="config")
cli.add_typer(faq_cli, name="faq")
cli.add_typer(faq_model_cli, name="faq-model")


@cli.command()
def serve() -> None:
    """Start the bot: web pages always, Slack when its tokens are set."""
    configured = read_settings()
    logs.configure(configured.log_format, configured.log_level)
    run(_serve(configured))


@cli.command()
def migrate() -> None:
    """Bring the database to the newest version and fill it if it is new. `serve` does this by itself."""
    configured = read_settings()

    async def work() -> None:
        database = open_database(configured)
        try:
            await prepare(database, configured, system_clock)
        finally:
            await database.close()

    run(work())
    typer.echo("The database is at the newest version.")


@cli.command()
def backup(file: Annotated[Path, typer.Argument(help="Where to write it; must not exist.")]) -> None:
    """Copy the SQLite database to a file, while the bot runs."""
    try:
        back_up(_sqlite_path(), file)
    except BackupError as error:
        fail(str(error))
    typer.echo(f"Backed up to {file}.")


@cli.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `backup` wrote.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Put a backup in place of the SQLite database. What came after the backup is lost."""
    path = _sqlite_path()
    if path.exists() and not yes:
        typer.confirm("This replaces everything in the database with the backup. Go on?", abort=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        put_back(file, path)
    except BackupError as error:
        fail(str(error))
    typer.echo(f"Restored from {file}.")


@cli.command("version")
def show_version() -> None:
    """Print the version."""
    typer.echo(_version())


@cli.command()
def ask(
    question: Annotated[
        str | None, typer.Argument(help="Without one, each line of the input is one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a question.")] = False,
) -> None:
    """Ask the knowledge base, and see how sure the bot is."""
    configured = read_settings()
    # Standard output is for the answers alone.
    logs.configure(configured.log_format, "warning")
    questions = [question] if question is not None else (line.rstrip("\n") for line in sys.stdin)

    async def work() -> None:
        database = open_database(configured)
        try:
            await prepare(database, configured, system_clock)
            async for answer in asking.answers(database, configured, questions):
                typer.echo(answer.model_dump_json() if as_json else answer.text)
        finally:
            await database.close()

    run(work())


@cli.command()
def check() -> None:
    """Look over the settings, the database and every platform, and say what each missing thing blocks."""
    findings = asyncio.run(checkup.look_over(read_settings()))
    for finding in findings:
        typer.echo(f"{finding.severity.value + ':':<9}{finding.sentence}")
    severities = {finding.severity for finding in findings}
    if Severity.ERROR in severities:
        raise typer.Exit(2)
    if Severity.WARNING in severities:
        raise typer.Exit(1)


@cli.command("slack-manifest")
def slack_manifest(
    url: Annotated[
        str | None, typer.Option("--url", help="Where Slack reaches the bot; BASE_URL when left out.")
    ] = None,
    socket: Annotated[bool, typer.Option("--socket", help="For Socket Mode, which needs no way in.")] = False,
) -> None:
    """Print the manifest of the Slack app, to paste where Slack makes apps from manifests."""
    if url is not None and socket:
        fail("--url is for events over HTTP and --socket for Socket Mode: take one of them")
    configured = read_settings()
    address = None if socket else url or configured.base_url
    if not socket and not address:
        fail("say how Slack reaches the bot: --socket, --url https://…, or the setting BASE_URL")
    if address and not address.startswith("https://"):
        fail("--url: Slack calls only addresses that begin with https://")
    try:
        name = f"{read_network(configured).short_name} bot"
    except SettingsError as error:
        fail(str(error))
    router = Router("all").include(*all_routers())
    typer.echo(json.dumps(manifest(router, address, socket, name=name), indent=2, ensure_ascii=False))


@cli.command("sign-in-link")
def sign_in_link(email: Annotated[str, typer.Argument(help="Whose; you vouch for the address.")]) -> None:
    """Print a link that signs somebody in on the web pages, once. Give it to nobody else."""
    configured = read_settings()

    async def work() -> None:
        link = await vouching.sign_in_link(configured, email, system_clock)
        minutes = int(VALID_FOR.total_seconds() // 60)
        typer.echo(link)
        typer.echo(f"It signs {email} in once, within {minutes} minutes. Give it to nobody else.", err=True)

    run(work())


async def _serve(configured: settings.Settings) -> None:
    app = App(configured)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await app.start()
        typer.echo(f"The bot is at {app.settings.address} (Ctrl+C stops it).", err=True)
        await stop.wait()
    finally:
        await app.stop()


def _sqlite_path() -> Path:
    try:
        path = open_database(read_settings()).path
    except SettingsError as error:
        fail(str(error))
    if path is None:
        fail("backup and restore are for SQLite; use PostgreSQL's own pg_dump and pg_restore")
    return path


def _version() -> str:
    """The version in pyproject.toml: the bot runs from its checkout and is installed nowhere."""
    with (settings.ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


if __name__ == "__main__":
    cli()
