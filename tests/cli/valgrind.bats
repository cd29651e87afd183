# SPDX-License-Identifier: GPL-2.0-or-later
# rdtstat under valgrind, which no program with a sanitizer in it can be.

load common

setup() {
	make_tree
}

teardown() {
	clean_up
}

@test "clean, fds included" {
	command -v valgrind >/dev/null || skip 'no valgrind'
	! nm -D "$RDTSTAT" | grep -q __asan_init || skip 'built with a sanitizer'
	for arguments in '0.1 2' '-d -g g1 0.1 1' '--json -g m1 0.1 2' list 'list --json' info 'info --json' \
		'-g nope 1' '-e nope 1'; do
		run valgrind -q --leak-check=full --show-leak-kinds=all --errors-for-leak-kinds=all \
			--error-exitcode=99 "$RDTSTAT" --root "$TREE" $arguments
		[ "$status" -lt 2 ]
	done
}
