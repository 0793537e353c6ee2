"""Information: the commands that list what is installed, and what is missing."""

import sys

import click

from ocr_core.engines.tesseract import installed_languages
from ocr_core.knobs import knobs
from ocr_core.settings import Settings


@click.command("languages")
def list_languages() -> None:
    """List the languages that are installed, and where each comes from."""
    for code, path in sorted(installed_languages().items()):
        click.echo(f"{code}\t{path}")


@click.command()
def doctor() -> None:
    """Show what is installed, what is missing, and how to install it."""
    from ocr_core.doctor import examine

    findings = examine()
    for finding in findings:
        mark = "ok     " if finding.well else "missing"
        click.echo(f"{mark}  {finding.subject}: {finding.found}")
        if finding.remedy:
            click.echo(f"         fix it with: {finding.remedy}")
    if any(finding.needed and not finding.well for finding in findings):
        sys.exit(4)


@click.command("knobs")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--markdown", is_flag=True, help="As a Markdown table.")
def list_knobs(as_json: bool, markdown: bool) -> None:
    """List every knob: name, default, bounds, unit, help."""
    import json

    if markdown:
        click.echo(knob_table())
        return
    if as_json:
        every = [knob.described() for knob in knobs(Settings)]
        click.echo(json.dumps(every, indent=2, ensure_ascii=False))
        return
    for knob in knobs(Settings):
        default = knob.default if knob.default != "" else "(empty)"
        click.echo(f"{knob.name:18} {default!s:8} {knob.bounds:32} {knob.help}")


def knob_table() -> str:
    """Return all knobs as a Markdown table."""
    rows = ["| knob | default | can be | what it does |", "| --- | --- | --- | --- |"]
    for knob in knobs(Settings):
        default = f"`{knob.default}`" if knob.default != "" else ""
        rows.append(f"| `{knob.name}` | {default} | {knob.bounds} | {knob.help} |")
    return "\n".join(rows)
