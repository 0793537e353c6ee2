"""Completion: the command that prints a shell's completion script for ``ocr-core``."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
PROGRAM, VARIABLE = "ocr-core", "_OCR_CORE_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that makes SHELL complete commands and flags.

    bash: add eval "$(ocr-core completion bash)" to ~/.bashrc. zsh: the same with zsh
    in ~/.zshrc. fish: ocr-core completion fish | source, in config.fish.
    """
    found = get_completion_class(shell)
    if found is not None:
        click.echo(found(context.find_root().command, {}, PROGRAM, VARIABLE).source())
