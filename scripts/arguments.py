"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path, typer.Option("--data", help="The data directory made by `doorstep up`.", file_okay=False)
]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout, for scripts.")]
Child = Annotated[bool, typer.Option("--child", hidden=True)]
Rpc = Annotated[
    str | None,
    typer.Option("--rpc", help="Node's URL, with --deployment: for a key without a data directory."),
]
DeploymentFile = Annotated[
    Path | None,
    typer.Option("--deployment", help="File written by `doorstep deploy`, with --rpc.", dir_okay=False),
]
Keystore = Annotated[
    Path | None,
    typer.Option("--keystore", help="Encrypted keystore file of the key that signs.", dir_okay=False),
]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", help="File with the keystore's password.", dir_okay=False)
]
