# SPDX-License-Identifier: GPL-2.0-or-later
"""Is standard input RFC 4180, to the letter, and what rdtstat --csv says that it is?

Every line ends with CR LF, no field holds a line end or a lone quotation mark, all lines have as many fields
as the header; and a number is there if and only if its status is ok or it is the sum of a part.
"""

import csv
import io
import re
import sys

FIELD = r'(?:"(?:[^"\r\n]|"")*"|[^",\r\n]*)'
NUMBERS = {"value": "value_status", "rate": "rate_status"}

text = sys.stdin.buffer.read().decode("utf-8")
assert text.endswith("\r\n"), "the last line does not end with CR LF"
lines = text[:-2].split("\r\n")
for line in lines:
    assert re.fullmatch(f"{FIELD}(?:,{FIELD})*", line), f"no RFC 4180: {line!r}"
rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
assert len(rows) == len(lines) - 1 > 0, "no rows"
for row in rows:
    assert None not in row and None not in row.values(), f"fields: {row}"
    assert row["group"] and row["event"] and row["type"] in ("CTRL_MON", "MON"), row
    for number, status in NUMBERS.items():
        if row[status] == "ok":
            assert re.fullmatch(r"[0-9]+(\.[0-9]+)?", row[number]), row
        elif row[number]:
            assert row[f"{number}_partial"] == "true", f"a number in spite of {row[status]}: {row}"
    # Only rates of cumulative events.
    assert (row["rate_status"] == "") == (row["rate_partial"] == ""), row
print(len(rows))
