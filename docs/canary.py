"""Write into docs/live.md, between its two marks, how every source stands at its portal today: `make canary`."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from laep import plan
from laep.gather import standing

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE = Path(__file__).with_name("live.md")
BEGIN, END = "<!-- canary: begin -->", "<!-- canary: end -->"


def table(found: Iterable[standing.Standing], day: dt.date) -> str:
    """Return the table of one day, in Markdown."""
    rows = [
        f"| `{one.source}` | {one.answer.host} | {_cell(one.answer.what)} | {standing.WORDS[one.answer.state]} | "
        f"{one.answer.edition or one.known} | {_cell(', '.join(one.missing) or one.answer.said)} |"
        for one in found
    ]
    head = ["| source | host | dataset | today | edition | to look at |", "| --- | --- | --- | --- | --- | --- |"]
    return "\n".join([f"Asked on {day:%d %B %Y}.", "", *head, *rows])


def written(page: str, content: str) -> str:
    """Return the page with the table in the place of the last one."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{content}\n\n{END}{rest.partition(END)[2]}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    """Ask every portal and write the page."""
    fetcher = plan.fetcher(again=True)
    if fetcher.offline:
        sys.exit("laep is offline: take LAEP_OFFLINE away to ask the portals.")
    today = dt.datetime.now(dt.UTC).date()
    content = table(standing.asked(fetcher), today)
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), content), encoding="utf-8")
    sys.stdout.write(f"{content}\n")


if __name__ == "__main__":
    main()
