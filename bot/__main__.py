"""The command line: ``python -m bot …``."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tomllib
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
import uvloop

from bot import asking, checkup, configuration, faq_check, faq_model, imports, logs, settings, vouching
from bot.app import App, open_database, prepare, read_network
from bot.checkup import Severity
from bot.settings import SettingsError
from bot.slack.manifest import manifest
from handlers import all_routers
from handlers.configuration import BadConfiguration, Difference
from handlers.import_plans import Kind
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

people_cli = typer.Typer(no_args_is_help=True, help="People as files: import and export.")
organisations_cli = typer.Typer(no_args_is_help=True, help="Organisations as files: import and export.")
config_cli = typer.Typer(no_args_is_help=True, help="Groups, rules and texts as one TOML file.")
groups_cli = typer.Typer(no_args_is_help=True, help="Who is in which group, as a file.")
cli.add_typer(people_cli, name="people")
cli.add_typer(organisations_cli, name="organisations")
cli.add_typer(groups_cli, name="groups")
cli.add_typer(config_cli, name="config")
File = Annotated[Path, typer.Argument(help="A CSV file.")]
NewFile = Annotated[Path, typer.Argument(help="Where to write it; must not exist.")]
Apply = Annotated[bool, typer.Option("--apply", help="Change what the file says; else only look.")]


@cli.command()
def serve() -> None:
    """Start the bot: web pages always, Slack when its tokens are set."""
    configured = _settings()
    logs.configure(configured.log_format, configured.log_level)
    _run(_serve(configured))


@cli.command()
def migrate() -> None:
    """Bring the database to the newest version and fill it if it is new. `serve` does this by itself."""
    configured = _settings()

    async def work() -> None:
        database = open_database(configured)
        try:
            await prepare(database, configured, system_clock)
        finally:
            await database.close()

    _run(work())
    typer.echo("The database is at the newest version.")


@cli.command()
def backup(file: Annotated[Path, typer.Argument(help="Where to write it; must not exist.")]) -> None:
    """Copy the SQLite database to a file, while the bot runs."""
    try:
        back_up(_sqlite_path(), file)
    except BackupError as error:
        _fail(str(error))
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
        _fail(str(error))
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
    configured = _settings()
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

    _run(work())


@cli.command()
def check() -> None:
    """Look over the settings, the database and every platform, and say what each missing thing blocks."""
    findings = asyncio.run(checkup.look_over(_settings()))
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
        _fail("--url is for events over HTTP and --socket for Socket Mode: take one of them")
    configured = _settings()
    address = None if socket else url or configured.base_url
    if not socket and not address:
        _fail("say how Slack reaches the bot: --socket, --url https://…, or the setting BASE_URL")
    if address and not address.startswith("https://"):
        _fail("--url: Slack calls only addresses that begin with https://")
    try:
        name = f"{read_network(configured).short_name} bot"
    except SettingsError as error:
        _fail(str(error))
    router = Router("all").include(*all_routers())
    typer.echo(json.dumps(manifest(router, address, socket, name=name), indent=2, ensure_ascii=False))


@cli.command("sign-in-link")
def sign_in_link(email: Annotated[str, typer.Argument(help="Whose; you vouch for the address.")]) -> None:
    """Print a link that signs somebody in on the web pages, once. Give it to nobody else."""
    configured = _settings()

    async def work() -> None:
        link = await vouching.sign_in_link(configured, email, system_clock)
        minutes = int(VALID_FOR.total_seconds() // 60)
        typer.echo(link)
        typer.echo(f"It signs {email} in once, within {minutes} minutes. Give it to nobody else.", err=True)

    _run(work())


faq_cli = typer.Typer(no_args_is_help=True, help="The knowledge base that questions are answered from.")
cli.add_typer(faq_cli, name="faq")


@faq_cli.command("check")
def check_faq(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a weakness.")] = False,
) -> None:
    """List weak entries: few examples, overlapping with another, long unchecked, not in Welsh."""
    configured = _settings()
    logs.configure(configured.log_format, "warning")
    found: list[faq_check.WeakEntry] = []

    async def work() -> None:
        database = open_database(configured)
        try:
            await prepare(database, configured, system_clock)
            found.extend(await faq_check.look_over(database, configured, system_clock))
        finally:
            await database.close()

    _run(work())
    for one in found:
        typer.echo(one.model_dump_json() if as_json else f"{one.slug} {one.sentence}.")
    if found:
        raise typer.Exit(1)


faq_model_cli = typer.Typer(
    no_args_is_help=True, help="The sentence model that matches questions by meaning."
)
cli.add_typer(faq_model_cli, name="faq-model")


@faq_model_cli.command("fetch")
def fetch_faq_model() -> None:
    """Download the sentence model to FAQ_MODEL_DIR, once, and make it ready."""
    configured = _settings()
    folder = configured.faq_model_dir
    if folder is None:
        _fail("FAQ_MODEL_DIR: say in which folder the sentence model is to be")

    async def work() -> None:
        async for sentence in faq_model.fetch(folder, configured.faq_model_url):
            typer.echo(sentence)

    _run(work())


@people_cli.command("import")
def import_people(file: File, apply: Apply = False) -> None:
    """Say what a file of people would change, line by line; change it with --apply, all or nothing."""
    _import(Kind.PEOPLE, file, apply=apply)


@organisations_cli.command("import")
def import_organisations(file: File, apply: Apply = False) -> None:
    """Say what a file of organisations would change, line by line; change it with --apply, all or nothing."""
    _import(Kind.ORGANISATIONS, file, apply=apply)


@faq_cli.command("import")
def import_answers(file: File, apply: Apply = False) -> None:
    """Say what a CSV or TOML file of answers would change; change it with --apply, all or nothing."""
    _import(Kind.FAQ, file, apply=apply)


@faq_cli.command("export")
def export_answers(file: NewFile) -> None:
    """Write every answer to a file that `faq import` reads: TOML if its name ends so, else CSV."""
    _export("faq-toml" if file.suffix == ".toml" else "faq", file)


@people_cli.command("export")
def export_people(file: NewFile) -> None:
    """Write everybody who is active to a file that `people import` reads."""
    _export("people", file)


@organisations_cli.command("export")
def export_organisations(file: NewFile) -> None:
    """Write every organisation to a file that `organisations import` reads."""
    _export("organisations", file)


@groups_cli.command("export")
def export_groups(file: NewFile) -> None:
    """Write who is in which group, how they got in and when."""
    _export("groups", file)


@config_cli.command("export")
def export_config(file: NewFile) -> None:
    """Write groups with their rules, the rules of engagement and the texts to a TOML file."""
    configured = _settings()

    async def work() -> None:
        text = await configuration.export(configured, system_clock)
        try:
            with open(file, "x", encoding="utf-8", newline="\n") as written:  # noqa: ASYNC230 (nothing waits)
                written.write(text)
        except OSError as error:
            raise SettingsError(f"{file}: {error.strerror}") from None

    _run(work())
    typer.echo(f"Written to {file}.")


@config_cli.command("import")
def import_config(
    file: Annotated[Path, typer.Argument(help="A file that `config export` wrote.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
) -> None:
    """Show what a file would change, ask, and apply it whole or not at all."""
    configured = _settings()

    def agree(differences: list[Difference]) -> bool:
        for line in configuration.lines(differences):
            typer.echo(line)
        return not dry_run and (yes or typer.confirm("Apply these changes?"))

    async def work() -> None:
        done = await configuration.bring_in(configured, wanted, system_clock, agree)
        typer.echo("Applied." if done else "Nothing was changed.")

    try:
        wanted = configuration.parse(file.read_text("utf-8"))
        _run(work())
    except OSError as error:
        _fail(f"{file}: {error.strerror}")
    except UnicodeDecodeError:
        _fail(f"{file}: it is not UTF-8")
    except BadConfiguration as error:
        for problem in error.problems:
            typer.echo(f"{file}: {problem}", err=True)
        _fail("Nothing was changed.")


def _import(kind: Kind, file: Path, *, apply: bool) -> None:
    configured = _settings()
    try:
        data = file.read_bytes()
    except OSError as error:
        _fail(f"{file}: {error.strerror}")

    async def work() -> None:
        plan, done = await imports.bring_in(configured, kind, data, system_clock, apply=apply)
        for line in imports.report(plan, done=done):
            typer.echo(line)
        if plan.problems:
            raise typer.Exit(2)

    _run(work())


def _export(kind: str, file: Path) -> None:
    _run(imports.export(_settings(), kind, file, system_clock))
    typer.echo(f"Written to {file}.")


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


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end; what the operator can put right ends in one sentence, not in a traceback."""
    try:
        uvloop.run(work)
    except SettingsError as error:
        _fail(str(error))


def _settings() -> settings.Settings:
    try:
        return settings.read()
    except SettingsError as error:
        _fail(str(error))


def _sqlite_path() -> Path:
    try:
        path = open_database(_settings()).path
    except SettingsError as error:
        _fail(str(error))
    if path is None:
        _fail("backup and restore are for SQLite; use PostgreSQL's own pg_dump and pg_restore")
    return path


def _fail(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(2)


def _version() -> str:
    """The version in pyproject.toml: the bot runs from its checkout and is installed nowhere."""
    with (settings.ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


if __name__ == "__main__":
    cli()
