"""The command line: each command reads its input, calls the workflow and shows the result."""

import errno
import os
import signal
import sys

import typer

from lurewatch.cli import (
    accounts,  # noqa: F401  # its commands join those of keeping
    acting,
    adding,
    auditing,
    collecting,
    demo,
    desks,
    doctor,
    judging,
    keeping,
    language,
    lexicon,
    linking,
    pending,
    pictures,
    reporting,
    requesting,  # noqa: F401  # its commands join those of acting
    retaining,
    scheduling,
    serving,
    sharing,
)
from lurewatch.errors import LurewatchError

app = typer.Typer(
    name="lurewatch",
    help="Find lures of illegal debt intermediaries in public Chinese posts, keep the evidence,"
    " and see them taken down.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

COLLECT, JUDGE, WORK, KEEP = "Collect", "Judge", "Review and act", "Run and keep"

app.command("demo", rich_help_panel=COLLECT)(demo.demo)
app.command("crawl", rich_help_panel=COLLECT)(collecting.crawl)
app.command("add", rich_help_panel=COLLECT)(adding.add)
app.command("import", rich_help_panel=COLLECT)(keeping.import_)
app.command("coverage", rich_help_panel=COLLECT)(collecting.coverage)
app.add_typer(scheduling.app, name="schedule", rich_help_panel=COLLECT)
app.add_typer(scheduling.sources_app, name="sources", rich_help_panel=COLLECT)
app.add_typer(pictures.app, name="pictures", rich_help_panel=COLLECT)
app.command("read", rich_help_panel=COLLECT)(collecting.read)
app.command("judge", rich_help_panel=JUDGE)(pending.judge)
app.command("classify", rich_help_panel=JUDGE)(judging.classify)
app.command("normalise", rich_help_panel=JUDGE)(language.normalise)
app.add_typer(lexicon.app, name="lexicon", rich_help_panel=JUDGE)
app.command("link", rich_help_panel=JUDGE)(linking.link)
app.command("pretrain", rich_help_panel=JUDGE)(judging.pretrain)
app.command("train", rich_help_panel=JUDGE)(judging.train)
app.command("evaluate", rich_help_panel=JUDGE)(judging.evaluate)
app.command("serve", rich_help_panel=WORK)(serving.serve)
app.add_typer(keeping.findings_app, name="findings", rich_help_panel=WORK)
app.add_typer(linking.clusters_app, name="clusters", rich_help_panel=WORK)
app.command("search", rich_help_panel=WORK)(linking.search)
app.add_typer(acting.evidence_app, name="evidence", rich_help_panel=WORK)
app.add_typer(acting.takedown_app, name="takedown", rich_help_panel=WORK)
app.add_typer(sharing.app, name="share", rich_help_panel=WORK)
app.command("report", rich_help_panel=WORK)(reporting.report)
app.add_typer(desks.token_app, name="token", rich_help_panel=KEEP)
app.add_typer(desks.webhook_app, name="webhook", rich_help_panel=KEEP)
app.command("setup", rich_help_panel=KEEP)(acting.setup)
app.command("doctor", rich_help_panel=KEEP)(doctor.doctor)
app.add_typer(auditing.app, name="audit", rich_help_panel=KEEP)
app.add_typer(keeping.user_app, name="user", rich_help_panel=KEEP)
app.add_typer(keeping.posts_app, name="posts", rich_help_panel=KEEP)
app.add_typer(retaining.app, name="retention", rich_help_panel=KEEP)
app.command("purge", rich_help_panel=KEEP)(retaining.purge)


def main() -> None:
    """Run a command; what a person can act on is one line on standard error, not a traceback."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that drafts are cleared away
    try:
        app()
    except LurewatchError as error:
        typer.echo(f"lurewatch: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone
        sys.exit(141)
    except UnicodeEncodeError as error:
        typer.echo(f"lurewatch: {error.object[:80]!r} is not UTF-8; write it in UTF-8", err=True)
        sys.exit(2)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        typer.echo(
            f"lurewatch: {error.filename or 'a file'} could not be written:"
            f" {error.strerror}; nothing half-written was left, mend that and run it again",
            err=True,
        )
        sys.exit(1)
