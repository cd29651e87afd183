# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# What the scripts have in common; to be sourced, with $source set to the top of the source tree.

# To build the library, its tools and its documentation with everything enabled ...
# shellcheck disable=SC2034 # used by those who source this
build_packages='gcc libc6-dev meson ninja-build pkgconf
	libmount-dev libcap-dev libfuse3-dev fuse3 libsmartcols-dev libjson-c-dev
	libarchive-dev libncurses-dev scdoc'

# ... and to check it. libc6-dbg is for valgrind, which does not know the C library's own functions
# again without it; procps for bats, which ends by it what takes too long; prometheus for promtool.
# shellcheck disable=SC2034
check_packages='g++ clang libclang-rt-dev clang-format libcmocka-dev bats valgrind libc6-dbg
	shellcheck man-db procps python3 python3-jsonschema python3-prometheus-client prometheus jq tmux
	zsh fish bash-completion'

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Run a command whose output is of interest only if it fails.
quietly()
{
	"$@" >"$work/output" 2>&1 </dev/null || {
		set -- $? "$*"
		printf '%s: failed with status %d: %s\n' "${0##*/}" "$@" >&2
		cat "$work/output" >&2
		return "$1"
	}
}

missing_packages()
{
	for package; do
		case $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) in
		installed) ;;
		*) printf '%s\n' "$package" ;;
		esac
	done
}

apt()
{
	DEBIAN_FRONTEND=noninteractive apt-get --quiet --assume-yes \
		-o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}

# Known packages may have gone from the mirror since the lists were fetched, and a fresh system has
# no lists: only then they are fetched (again).
install_or_update()
{
	apt install --no-install-recommends "$@" || {
		apt update && apt install --no-install-recommends "$@"
	}
}

# Install those of the packages that are not there yet.
install_packages()
{
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		die "this is no Debian: install by hand what scripts/lib.sh lists, then use meson"
	fi
	# shellcheck disable=SC2046 # package names are words
	set -- $(missing_packages "$@")
	[ $# -gt 0 ] || return 0
	[ "$(id -u)" -eq 0 ] || die "only root can install what is missing: $*"
	quietly install_or_update "$@"
}

# A fresh directory for all that is built: nothing is written to the source tree, which may be
# read-only, and no earlier run is in the way. Tests run what is in it as other users too.
make_work_directory()
{
	work=$(mktemp -d "${TMPDIR:-/tmp}/librdtgrp.XXXXXX") || die "no place for temporary files"
	chmod 755 "$work"
}
