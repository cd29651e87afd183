#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Do --help, the man pages and the completions of a program tell of the same commands and options?

--help is taken for the truth; for rdtsim, where it is not made from the table of options, the sources are
compared with it as well. The completions are run by their shells, not read: a shell that is not installed is
a skipped case.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

# What the programs do without a command.
NONE = ''
# Of an option whose value may be left out; else True or False: has it a value?
OPTIONAL = 'optional'


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                          text=True, timeout=100).stdout


def option_of(text):
    """The names of an option in a line of --help or of a page without its markup, and whether a value
    follows: {'-o': True, '--output': True}."""
    found = re.match(r'\s*((?:-\w, +)?--[a-z][a-z-]*|-\w)(?:(\[=[A-Z]+\])| ([A-Z][\w|]*))?(?:\s|$)', text)
    if not found:
        return {}
    return dict.fromkeys(found[1].replace(',', ' ').split(), OPTIONAL if found[2] else bool(found[3]))


def sections(lines, heading):
    """Lines by the commands that the last heading names; None: all commands, and none."""
    commands = None
    for line in lines:
        found = re.fullmatch(heading, line)
        if found:
            commands = re.findall(r'\w+', found[1].replace(' and ', ' ')) if found[1] else None
        yield commands, line


class Rdtstat:
    """Each command has its own --help and its own page."""

    def __init__(self, program):
        self.program = program
        usage = output_of(program, '--help')
        self.commands = [NONE] + re.findall(r'^  (\w+) ', usage.split('\nCommands:\n')[1], re.M)

    def help(self, command):
        options = {}
        for line in output_of(self.program, *command.split(), '--help').splitlines():
            options |= option_of(line) if line.startswith('  ') else {}
        return options

    def page(self, docs, command):
        text = (docs / f"rdtstat{'-' + command if command else ''}.1.scd").read_text()
        return text_options(text.split('\n# OPTIONS\n')[1].split('\n# ')[0].splitlines())

    def in_sources(self):
        return None


class Rdtsim:
    """One --help, one page, with headings for the commands."""

    def __init__(self, program):
        self.program = program
        self.text = output_of(program, '--help')
        self.commands = [NONE] + re.findall(r'^(?:Usage:| {6}) rdtsim (\w+)', self.text, re.M)

    def of_command(self, found, command):
        options = {}
        for commands, line in found:
            if commands is None or command in commands:
                options |= line if isinstance(line, dict) else option_of(line)
        # A command shows its help only.
        if command:
            options = {name: value for name, value in options.items()
                       if name not in ('-V', '--version')}
        return options

    def help(self, command):
        lines = self.text.splitlines()
        lines = lines[lines.index('Options of mount and run:'):]
        # The options of all come last, after an empty line.
        return self.of_command(sections(lines, r'(?:Options of (.*):)?'), command)

    def page(self, docs, command):
        lines = (docs / 'rdtsim.1.scd').read_text().split('\n# OPTIONS\n')[1].split('\n# ')[0]
        found = ((commands, text_options([line]))
                 for commands, line in sections(lines.splitlines(), r'(?:Of (.*)|Alone):'))
        return self.of_command(found, command)

    def in_sources(self):
        source = ''.join(path.read_text() for path in SOURCE.glob('tools/rdtsim/*.[ch]'))
        return {'--' + name: value == 'required' for name, value in
                re.findall(r'\{[\s\\]*"([a-z-]+)",\s*(no|required)_argument', source)}


def text_options(lines):
    """The options that a page explains."""
    options = {}
    for line in lines:
        if line.startswith('*-'):
            options |= option_of(re.sub(r'[*_\\]', '', line))
    return options


class Bash:
    """What TAB offers on a real command line."""
    command = 'bash'

    SCRIPT = r'''
        source "$1"; shift
        COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        [[ $(complete -p "$1") =~ -F\ ([a-z_]+) ]]
        "${BASH_REMATCH[1]}" "$1" "${@: -1}" "${@: -2:1}"
        printf '%s\n' "${COMPREPLY[@]}"
    '''

    def __init__(self, directory, name):
        self.file, self.name = directory / f'{name}.bash', name

    def offer(self, *words):
        return output_of('bash', '--norc', '-c', self.SCRIPT, 'bash', str(self.file), self.name,
                         *words).split()

    def options(self, command):
        words = command.split()
        return {name: self.value(words, name) for name in self.offer(*words, '-')}

    def value(self, words, name):
        # Where a value is due no option is offered.
        if not any(word.startswith('-') for word in self.offer(*words, name, '-')):
            return True
        # bash makes three words of --name=value.
        offered = self.offer(*words, name, '=', '')
        return OPTIONAL if set(offered) - set(self.offer(*words, name, '')) else False

    def commands(self):
        return [word for word in self.offer('') if not word.startswith('-')]


class Zsh:
    """What it hands to _arguments."""
    command = 'zsh'

    SCRIPT = r'''
        _arguments() { print -rl -- "$@" }
        file=$1; shift
        words=("$@") CURRENT=$#
        source $file
    '''
    SPEC = re.compile(r'(?:\([^)]*\))?\*?(-\w|--[a-z-]+)(=-|[=+])?\[[^]]*\](:.*)?', re.S)

    def __init__(self, directory, name):
        self.file, self.name = directory / f'_{name}', name

    def specs(self, *words):
        return output_of('zsh', '-f', '-c', self.SCRIPT, 'zsh', str(self.file), self.name,
                         *words).splitlines()

    def options(self, command):
        return {found[1]: OPTIONAL if found[2] == '=-' else bool(found[3]) for found in
                map(self.SPEC.fullmatch, self.specs(*command.split(), '-')) if found}

    def commands(self):
        return re.findall(r"^\t\t'([a-z]+):", self.file.read_text(), re.M)


class Fish:
    """What TAB offers."""
    command = 'fish'

    def __init__(self, directory, name):
        self.file, self.name = directory / f'{name}.fish', name

    def offer(self, line):
        script = 'source $argv[1]; complete -C $argv[2]'
        return [entry.split('\t')[0] for entry in
                output_of('fish', '--no-config', '-c', script, str(self.file),
                          f'{self.name} {line}').splitlines()]

    def options(self, command):
        names = [name.removesuffix('=') for name in self.offer(f'{command} -'.lstrip())]
        # Of its long options with a value fish offers the form with '=' or without.
        text = self.file.read_text()
        values = {}
        for line in re.findall(r'^complete .*', text, re.M):
            takes = bool(re.search(r' -[xr]( |$)', line))
            for kind, name in re.findall(r' -([sl]) ([\w-]+)', line):
                option = '-' * (1 + (kind == 'l')) + name
                values[option] = takes
                # Its values are offered behind a '='.
                if not takes and ' -a ' in line and self.offer(f'{command} {option}='.lstrip()):
                    values[option] = OPTIONAL
        return {name: values.get(name) for name in names}

    def commands(self):
        return [word for word in self.offer('') if not word.startswith('-')]


def differences(truth, options):
    for name in sorted(truth.keys() - options.keys()):
        yield f'lacks {name}'
    for name in sorted(options.keys() - truth.keys()):
        yield f'has {name}, which --help does not'
    for name in sorted(truth.keys() & options.keys()):
        if truth[name] != options[name]:
            yield f'{name}: has it a value? --help: {truth[name]}, here: {options[name]}'


class Results:
    """TAP."""

    def __init__(self):
        self.count, self.bad = 0, False

    def case(self, name, wrong):
        self.count += 1
        wrong = list(wrong)
        for line in wrong:
            print('#', line)
        print('not ok' if wrong else 'ok', self.count, '-', name)
        self.bad = self.bad or bool(wrong)

    def skip(self, name, why):
        self.count += 1
        print(f'ok {self.count} - {name} # SKIP {why}')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('name', choices=('rdtstat', 'rdtsim'))
    parser.add_argument('program')
    arguments = parser.parse_args()
    name = arguments.name
    tool = {'rdtstat': Rdtstat, 'rdtsim': Rdtsim}[name](arguments.program)
    completions = SOURCE / 'tools' / name / 'completions'
    results = Results()

    truth = {command: tool.help(command) for command in tool.commands}
    everything = {option: value for options in truth.values() for option, value in options.items()}
    results.case(f'{name} --help: commands and options are found in it', [] if len(
        tool.commands) > 2 and all(truth.values()) else ['too few'])
    if tool.in_sources() is not None:
        results.case(f'{name} --help: the options of the sources', differences(
            {option: value for option, value in everything.items() if option.startswith('--')},
            tool.in_sources() | {'--version': False}))
    for command in tool.commands:
        results.case(f'{name} {command}: man page', differences(
            truth[command], tool.page(SOURCE / 'docs', command)))
    for shell in (Bash, Zsh, Fish):
        if not shutil.which(shell.command):
            results.skip(f'{name}: completion for {shell.command}', 'it is not installed')
            continue
        completion = shell(completions, name)
        results.case(f'{name}: {shell.command} completes the commands', differences(
            dict.fromkeys(filter(None, tool.commands)), dict.fromkeys(completion.commands())))
        for command in tool.commands:
            results.case(f'{name} {command}: completion for {shell.command}', differences(
                truth[command], completion.options(command)))
    print(f'1..{results.count}')
    return 1 if results.bad else 0


SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent

if __name__ == '__main__':
    sys.exit(main())
