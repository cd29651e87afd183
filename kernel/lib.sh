# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the scripts of this directory have in common; to be sourced, with $here set to the directory.

# shellcheck disable=SC2154 # whoever sources this has set it
. "$here/../scripts/lib.sh"

program=kernel/${0##*/}

say()
{
	printf '%s: %s\n' "$program" "$*" >&2
}

die()
{
	say "$@"
	exit 1
}

# For what the machine does not have: what depends on it is skipped, neither passed nor failed.
skip()
{
	say "$@"
	exit 77
}

usage_error()
{
	[ $# -eq 0 ] || say "$@"
	say 'see --help'
	exit 2
}

# Install those of the packages that are missing.
need_packages()
{
	# shellcheck disable=SC2015 # without either of them it is none
	command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
		skip "this is no Debian, on which these packages are needed: $*"
	# shellcheck disable=SC2046 # package names are words
	set -- $(missing_packages "$@")
	[ $# -gt 0 ] || return 0
	[ "$(id -u)" -eq 0 ] || skip "only root can install what is missing: $*"
	# Guests that begin side by side need the same; who had to wait finds it installed.
	exec 8<"$here/lib.sh"
	flock 8
	say "installing $*"
	make_work_directory
	quietly install_or_update "$@"
	status=$?
	rm -rf "$work"
	exec 8<&-
	[ $status -eq 0 ] || skip "could not be installed: $*"
}
