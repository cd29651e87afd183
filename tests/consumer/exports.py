#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Do the header, the symbol map, the shared library and the man pages tell of the same functions?

Every function that the header declares has to be exported by the map under the version that its
comment gives after "Since:", be in the library, and have a man page with the same prototype and all
errnos that the header lists for it. Nothing else may be exported.
"""

import argparse
import pathlib
import re
import subprocess
import sys

DECLARATION = re.compile(r'RDTGRP_EXPORT\s+([^;]+?\b(rdtgrp_\w+)\s*\([^;]*\))\s*;')
SINCE = re.compile(r'Since:\s*(\d+\.\d+)')
ERRNO = re.compile(r'-(E[A-Z0-9]+)\b')
MAP_NODE = re.compile(r'LIBRDTGRP_(\d+\.\d+)\s*\{(.*?)\}', re.S)


def plain(text):
    """A prototype with all blanks alike."""
    text = ' '.join(text.split())
    return re.sub(r'\s*([(),*])\s*', r'\1', text)


class Declared:
    """A function as the header declares it."""

    def __init__(self, prototype, since, errnos):
        self.prototype = prototype
        self.since = since
        self.errnos = errnos


def read_header(text):
    """The functions by name. Declarations without an empty line between them share a comment."""
    functions = {}
    for paragraph in re.split(r'\n\s*\n', text):
        comment = ' '.join(re.findall(r'/\*.*?\*/', paragraph, re.S))
        since = SINCE.search(comment)
        for prototype, name in DECLARATION.findall(re.sub(r'/\*.*?\*/', '', paragraph, flags=re.S)):
            functions[name] = Declared(plain(prototype), since and since[1],
                                       set(ERRNO.findall(comment)))
    return functions


def read_map(text):
    """The exported names with the version of their node."""
    text = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
    return {name: version for version, body in MAP_NODE.findall(text)
            for name in re.findall(r'\b(\w+)\s*;', body.split('local:')[0])}


def read_library(output):
    """The same from the output of nm --dynamic --defined-only."""
    symbols = {}
    for line in output.splitlines():
        _, kind, name = line.split()
        if kind != 'A':  # the version nodes themselves
            name, _, node = name.partition('@@')
            symbols[name] = node.removeprefix('LIBRDTGRP_')
    return symbols


class Page:
    """A man page in scdoc's form."""

    def __init__(self, text):
        sections = dict(re.findall(r'^# ([A-Z ]+)\n(.*?)(?=^# |\Z)', text, re.S | re.M))
        names, _, _ = sections.get('NAME', '').partition(' - ')
        self.names = set(names.replace(',', ' ').split())
        # Bold is *so*; a '*' that is meant has a '\' before it, and '++' ends a line.
        synopsis = re.sub(r'(?<!\\)\*', '', sections.get('SYNOPSIS', ''))
        synopsis = synopsis.replace('\\', '').replace('++\n', '\n')
        self.prototypes = {name: plain(prototype) for prototype, name in
                           re.findall(r'^((?!#|typedef)[^;#]*?\b(rdtgrp_\w+)\([^;]*\));', synopsis,
                                      re.M)}
        self.errnos = set(re.findall(r'-(E[A-Z0-9]+)\b',
                                     sections.get('ERRORS', '') + sections.get('RETURN VALUE', '')))
        self.since = set(re.findall(r'\b\d+\.\d+\b', sections.get('HISTORY', '')))


def differences(declared, mapped, exported, pages):
    """What does not agree, in words."""
    for what, names in (('the symbol map', mapped), ('the library', exported)):
        for name in sorted(declared.keys() - names.keys()):
            yield f'{name} is declared, but not in {what}'
        for name in sorted(names.keys() - declared.keys()):
            yield f'{name} is in {what}, but not declared'
        for name in sorted(declared.keys() & names.keys()):
            if names[name] != declared[name].since:
                yield (f'{name} is of {names[name]} in {what}, and in the header since '
                       f'{declared[name].since}')

    documented = {}
    for title, page in pages.items():
        for name, prototype in page.prototypes.items():
            if name in documented:
                yield f'{name} is in two man pages, {documented[name]} and {title}'
            documented[name] = title
            if name not in declared:
                yield f'{title} has {name}, which is not declared'
                continue
            if prototype != declared[name].prototype:
                yield (f'{title} has {name} as "{prototype}", the header as '
                       f'"{declared[name].prototype}"')
            for errno in sorted(declared[name].errnos - page.errnos):
                yield f'{title} does not list {errno}, which the header has for {name}'
            if declared[name].since not in page.since:
                yield f'{title} does not say that {name} is there since {declared[name].since}'
        for name in sorted(page.names - {title.split('.')[0]} - page.prototypes.keys()):
            yield f'{title} names {name}, which its synopsis does not have'
        for name in sorted(page.prototypes.keys() - page.names):
            yield f'{title} does not name {name}, which its synopsis has'
    for name in sorted(declared.keys() - documented.keys()):
        yield f'{name} has no man page'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--header', required=True, type=pathlib.Path)
    parser.add_argument('--map', required=True, type=pathlib.Path)
    parser.add_argument('--library', required=True)
    parser.add_argument('--nm', required=True)
    parser.add_argument('--pages', required=True, type=pathlib.Path, nargs='+')
    files = parser.parse_args()

    symbols = subprocess.run([files.nm, '--dynamic', '--defined-only', files.library], check=True,
                             capture_output=True, text=True).stdout
    declared = read_header(files.header.read_text())
    wrong = list(differences(declared, read_map(files.map.read_text()), read_library(symbols),
                             {page.name: Page(page.read_text()) for page in files.pages}))
    print(*wrong, sep='\n')
    print(f'{len(declared)} functions, {len(wrong)} differences')
    return 1 if wrong or not declared else 0


if __name__ == '__main__':
    sys.exit(main())
