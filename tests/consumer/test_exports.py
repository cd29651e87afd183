#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does exports.py see what it is there to see? Each case spoils one thing in the real files."""

import pathlib
import re
import subprocess
import sys
import tempfile

script, header, symbol_map, library, nm, *pages = sys.argv[1:]


def spoil(path, pattern, replacement):
    """The file's text with exactly one place changed."""
    text, count = re.subn(pattern, replacement, pathlib.Path(path).read_text(), count=1, flags=re.S)
    assert count == 1, f'{path} has no {pattern}'
    return text


def page(name):
    return next(path for path in pages if pathlib.Path(path).name == name)


def found(changed, text):
    """What the check prints and returns if one file has another text."""
    with tempfile.TemporaryDirectory() as directory:
        def place(path):
            if path != changed:
                return path
            copy = pathlib.Path(directory) / pathlib.Path(path).name
            copy.write_text(text)
            return copy

        arguments = [sys.executable, script, '--header', place(header), '--map', place(symbol_map),
                     '--library', library, '--nm', nm, '--pages', *map(place, pages)]
        run = subprocess.run(arguments, capture_output=True, text=True, check=False)
        return run.returncode, run.stdout


OPEN = page('rdtgrp_open.3.scd')
CASES = [
    ('nothing', header, '#endif', '#endif', 0, ' 0 differences'),
    ('a function more in the header', header, r'\n/\*\* One more reference\.',
     '\n/** New. Since: 0.2 */\nRDTGRP_EXPORT int rdtgrp_new(void);\n\n/** One more reference.', 1,
     'rdtgrp_new is declared, but not in the library'),
    ('a function less in the header', header, r'RDTGRP_EXPORT int rdtgrp_remove\(.*?\);', '', 1,
     'rdtgrp_remove is in the library, but not declared'),
    ('no Since in the header', header, r' \* Since: 0\.1\n( \*/\nRDTGRP_EXPORT const char \*rdtgrp_version)',
     r'\1', 1, 'in the header since None'),
    ('another Since in the header', header,
     r'Since: 0\.1(\n \*/\nRDTGRP_EXPORT const char \*rdtgrp_version)', r'Since: 0.2\1', 1,
     'in the header since 0.2'),
    ('an errno more in the header', header, r'-EXDEV', '-EXDEV, -EDOM', 1, 'does not list EDOM'),
    ('a function less in the map', symbol_map, r'\trdtgrp_send;\n', '', 1,
     'rdtgrp_send is declared, but not in the symbol map'),
    ('a function more in the map', symbol_map, r'\trdtgrp_send;\n', '\trdtgrp_send;\n\trdtgrp_x;\n', 1,
     'rdtgrp_x is in the symbol map, but not declared'),
    ('another node in the map', symbol_map, 'LIBRDTGRP_0.1', 'LIBRDTGRP_0.3', 1,
     'is of 0.3 in the symbol map'),
    ('a function less in a man page', OPEN, r'\*int rdtgrp_is_live\(.*?;\*', '', 1,
     'rdtgrp_is_live has no man page'),
    ('a name less in a man page', OPEN, ', rdtgrp_is_live - ', ' - ', 1,
     'does not name rdtgrp_is_live'),
    ('another parameter in a man page', OPEN, r'rdtgrp_open\(const char', 'rdtgrp_open(char', 1,
     'the header as "int rdtgrp_open(const char*path'),
    ('an errno less in a man page', OPEN, r'\*-ELOOP\*, ', '', 1, 'does not list ELOOP'),
    ('no version in a man page', OPEN, r'since librdtgrp 0\.1', 'since the beginning', 1,
     'does not say that rdtgrp_open is there since 0.1'),
    ('a function that is not there in a man page', OPEN, r'rdtgrp_is_live\(const', 'rdtgrp_was(const',
     1, 'has rdtgrp_was, which is not declared'),
]

print(f'1..{len(CASES)}')
for number, (name, path, pattern, replacement, expected, words) in enumerate(CASES, 1):
    status, output = found(path, spoil(path, pattern, replacement))
    good = status == expected and words in output
    if not good:
        print(*(f'# {line}' for line in output.splitlines()), sep='\n')
    print(f"{'ok' if good else 'not ok'} {number} - {name}")
