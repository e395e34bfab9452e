"""Commands for the knowledge base: check it, import and export it, fetch its sentence model."""

from __future__ import annotations

from typing import Annotated

import typer

from bot import faq_check, faq_model, logs
from bot.app import open_database, prepare
from bot.command_line import fail, read_settings, run
from bot.file_commands import Apply, File, NewFile, export_file, import_file
from handlers.import_plans import Kind
from handlers.kit.platform import system_clock

faq_cli = typer.Typer(no_args_is_help=True, help="The knowledge base that questions are answered from.")
faq_model_cli = typer.Typer(
    no_args_is_help=True, help="The sentence model that matches questions by meaning."
)


@faq_cli.command("check")
def check_faq(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a weakness.")] = False,
) -> None:
    """List weak entries: few examples, overlapping with another, long unchecked, not in Welsh."""
    configured = read_settings()
    logs.configure(configured.log_format, "warning")
    found: list[faq_check.WeakEntry] = []

    async def work() -> None:
        database = open_database(configured)
        try:
            await prepare(database, configured, system_clock)
            found.extend(await faq_check.look_over(database, configured, system_clock))
        finally:
            await database.close()

    run(work())
    for one in found:
        typer.echo(one.model_dump_json() if as_json else f"{one.slug} {one.sentence}.")
    if found:
        raise typer.Exit(1)


@faq_model_cli.command("fetch")
def fetch_faq_model() -> None:
    """Download the sentence model to FAQ_MODEL_DIR, once, and make it ready."""
    configured = read_settings()
    folder = configured.faq_model_dir
    if folder is None:
        fail("FAQ_MODEL_DIR: say in which folder the sentence model is to be")

    async def work() -> None:
        async for sentence in faq_model.fetch(folder, configured.faq_model_url):
            typer.echo(sentence)

    run(work())


@faq_cli.command("import")
def import_answers(file: File, apply: Apply = False) -> None:
    """Say what a CSV or TOML file of answers would change; change it with --apply, all or nothing."""
    import_file(Kind.FAQ, file, apply=apply)


@faq_cli.command("export")
def export_answers(file: NewFile) -> None:
    """Write every answer to a file that `faq import` reads: TOML if its name ends so, else CSV."""
    export_file("faq-toml" if file.suffix == ".toml" else "faq", file)
