#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the commands that the man pages of the tools have as examples.

They run one after the other in an empty directory, on a simulated machine with the groups that they name.
Where an example is about the system's own resctrl the simulator takes its place, and what would go on for
long is cut short: the wrapper below sees to both. A case fails if a command ends with another status than 0
or says something on stderr.
"""

import argparse
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

# rdtstat as the examples see it: on the simulator unless they name a tree, and with "0.1 2" for any interval
# and count. What needs a terminal is only parsed.
WRAPPER = r'''#!/bin/bash
arguments=("$@")
case " $* " in
*" --root "* | *" --root="* | *" --sysroot "* | *" --help "*) ;;
*) set -- --root "$EXAMPLES_ROOT" "$@" ;;
esac
case ${arguments[0]-} in
top) exec "$RDTSTAT" "$@" --help ;;
run) exec "$RDTSTAT" "$@" 2>&1 ;;
esac
if [[ ${*: -1} =~ ^[0-9.]+$ && ${*: -2:1} =~ ^[0-9.]+$ ]]; then
	set -- "${@:1:$#-2}" 0.1 2
elif [[ ${*: -1} =~ ^[0-9.]+$ ]]; then
	set -- "${@:1:$#-1}" 0.1 2
fi
exec "$RDTSTAT" "$@"
'''

# Commands of examples that mean nothing here.
STANDINS = ('make',)

GROUPS = ('web', 'web/mon_groups/api', 'db')


def examples(page):
    """The commands: what follows a prompt in the literal blocks."""
    # A root's prompt looks like the mark of a heading.
    section = re.split(r'\n# [A-Z ]+\n', page.read_text().split('\n# EXAMPLES\n')[1])[0]
    for block in re.findall(r'^```\n(.*?)^```', section, re.M | re.S):
        for command in re.findall(r'^[$#] ((?:.*\\\n)*.*)$', block, re.M):
            yield command


def prepare(directory, rdtsim):
    bin_directory, root, work = (directory / name for name in ('bin', 'root', 'work'))
    for path in (bin_directory, root, work, directory / 'mnt'):
        path.mkdir()
    for name, text in {'rdtstat': WRAPPER,
                       'rdtsim': f'#!/bin/sh\nexec {shlex.quote(rdtsim)} "$@"\n',
                       **dict.fromkeys(STANDINS, '#!/bin/sh\n')}.items():
        (bin_directory / name).write_text(text)
        (bin_directory / name).chmod(0o755)
    subprocess.run([rdtsim, 'mount', root], check=True, timeout=60)
    for group in GROUPS:
        (root / group).mkdir()
    return root, work, bin_directory


def run(command, directory, work, environment):
    """What is wrong, in lines."""
    command = re.sub(r'(?<![\w/])/mnt\b', str(directory / 'mnt'), command)
    command = command.replace('/sys/fs/resctrl', environment['EXAMPLES_ROOT']) \
        if 'report/' not in command else command
    result = subprocess.run(['bash', '-o', 'pipefail', '-c', command], cwd=work, env=environment,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, errors='replace', timeout=100,
                            check=False)
    if result.returncode == 0 and not result.stderr:
        return []
    return [f'status {result.returncode}'] + (result.stdout + result.stderr).splitlines()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('pages', nargs='+', type=pathlib.Path)
    pages = parser.parse_args().pages
    rdtsim = os.environ['RDTSIM']
    if not os.access('/dev/fuse', os.R_OK | os.W_OK) or not shutil.which('jq'):
        print('1..0 # SKIP /dev/fuse cannot be opened, or there is no jq')
        return 0

    count, bad = 0, False
    with tempfile.TemporaryDirectory(prefix='examples.') as name:
        directory = pathlib.Path(name)
        root, work, bin_directory = prepare(directory, rdtsim)
        environment = dict(os.environ, EXAMPLES_ROOT=str(root), LC_ALL='C.UTF-8',
                           PATH=f"{bin_directory}:{os.environ['PATH']}")
        try:
            for page in pages:
                commands = list(examples(page))
                if not commands:
                    count, bad = count + 1, True
                    print(f'not ok {count} - {page.name}: has no example')
                for command in commands:
                    wrong = run(command, directory, work, environment)
                    count, bad = count + 1, bad or bool(wrong)
                    for line in wrong:
                        print('#', line)
                    print(f"{'not ok' if wrong else 'ok'} {count} - {page.name}: "
                          f"{command.splitlines()[0]}".replace('#', r'\#'))
        finally:
            for mount in (root, directory / 'mnt'):
                if os.path.ismount(mount):
                    subprocess.run([rdtsim, 'ctl', mount, 'exit'], check=False, timeout=60)
    print(f'1..{count}')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
