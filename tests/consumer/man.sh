#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Are the man pages free of what groff warns of? Usage: man.sh PAGE...

command -v man >/dev/null || {
	echo 'there is no man'
	exit 77
}
status=0
for page; do
	warnings=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings --encoding=UTF-8 --local-file \
		--troff-device=utf8 --ditroff "$page" 2>&1 >/dev/null) || status=1
	[ -z "$warnings" ] || {
		printf '%s: %s\n' "$page" "$warnings"
		status=1
	}
done
exit $status
