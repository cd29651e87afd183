#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does scripts/results, which scripts/check counts with, miss nothing that meson's log tells?"""

import json
import subprocess
import sys
import tempfile

CASES = [
    ('an exit status that is good', 'OK', 'all fine', ['pass\tp: t\t']),
    ('one that is not', 'FAIL', 'broken: the thing', ['fail\tp: t\tfail: broken: the thing']),
    ('out of time', 'TIMEOUT', '', ['fail\tp: t\ttimeout: no reason given']),
    ('a crash', 'ERROR', '', ['fail\tp: t\terror: no reason given']),
    ('skipped with a reason', 'SKIP', 'there is no man', ['skip\tp: t\tthere is no man']),
    ('all of TAP skipped', 'SKIP', '1..0 # SKIP no FUSE', ['skip\tp: t\tno FUSE']),
    ('TAP', 'OK', '1..2\nok 1 - a\nok 2 - b # SKIP no c', ['pass\tp: t: a\t', 'skip\tp: t: b\tno c']),
    ('TAP with a failure', 'FAIL', '1..2\nok 1 - a\nnot ok 2 - b',
     ['pass\tp: t: a\t', 'fail\tp: t: b\t']),
    ('TAP that ended early', 'ERROR', '1..3\nok 1 - a',
     ['pass\tp: t: a\t', 'fail\tp: t: plan\t3 cases were planned, 1 ran']),
    ('TAP that is complete, then a crash', 'ERROR', '1..1\nok 1 - a',
     ['pass\tp: t: a\t', 'fail\tp: t\terror: ok 1 - a']),
    ('a skipped case of cmocka', 'OK', '1..1\nnot ok 1 # SKIP a', ['skip\tp: t\ta']),
    ('two groups of cmocka', 'OK', '1..1\nok 1 - a\n# ok - g\n1..1\nok 1 - b\n# ok - h',
     ['pass\tp: t: a\t', 'pass\tp: t: b\t']),
]

print(f'1..{len(CASES)}')
for number, (name, result, output, expected) in enumerate(CASES, 1):
    with tempfile.NamedTemporaryFile('w') as log:
        log.write(json.dumps({'name': 'librdtgrp:s / t', 'result': result, 'stdout': output}) + '\n')
        log.flush()
        run = subprocess.run([sys.executable, sys.argv[1], 'p', log.name], capture_output=True,
                             text=True, check=False)
    good = run.stdout.splitlines() == expected and run.returncode == 0
    if not good:
        print(*(f'# {line}' for line in (run.stdout + run.stderr).splitlines()), sep='\n')
    print(f"{'ok' if good else 'not ok'} {number} - {name}")
