# SPDX-License-Identifier: GPL-2.0-or-later
"""Is every number in a report of rdtstat --json the very text of its file?

usage: compare.py TREE REPORT
"""

import json
import pathlib
import sys

WORDS = {"unavailable": "Unavailable", "error": "Error", "unassigned": "Unassigned"}


def main():
    tree = pathlib.Path(sys.argv[1])
    # Numbers stay text, so that none is rounded on the way.
    report = json.loads(
        pathlib.Path(sys.argv[2]).read_text(encoding="utf-8"), parse_int=str, parse_float=str
    )
    compared = wrong = 0
    for group in report["groups"]:
        for domain in group["domains"]:
            for event in domain["events"]:
                file = tree / group["path"].lstrip("/") / "mon_data" / domain["path"] / event["event"]
                text = file.read_text().strip()
                shown = event["value"] or WORDS.get(event["missing"])
                compared += 1
                if shown != text:
                    print(f"{file}: {text}, but shown as {shown}")
                    wrong += 1
    files = sum(1 for _ in tree.glob("**/mon_data/**/*") if _.is_file())
    print(f"{compared} values of {files} files compared, {wrong} wrong")
    sys.exit(wrong != 0 or compared != files or compared == 0)


main()
