#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Build and install the library as a packager does, and then programs outside of the tree against what
# was installed: as C and as C++, with the shared and with the static library. Speaks TAP.
#
# Usage: outside.sh SOURCE, with CC, CXX, MESON and PKG_CONFIG in the environment.
#
# Compilers come with arguments and flags are words; no name here has a blank in it.
# shellcheck disable=SC2086,SC2046,SC2013

set -u
source=$1
here=$source/tests/consumer
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
number=0

# A case: its name, then the command.
try()
{
	name=$1
	shift
	number=$((number + 1))
	if "$@" >"$dir/log" 2>&1; then
		echo "ok $number - $name"
	else
		echo "# $*"
		sed 's/^/# /' "$dir/log"
		echo "not ok $number - $name"
		return 1
	fi
}

skip()
{
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

install_library()
{
	$MESON setup --prefix=/usr --libdir=lib --buildtype=release -Drdtsim=disabled \
		-Drdtstat=disabled -Dtests=disabled "$dir/build" "$source" &&
		$MESON compile -C "$dir/build" &&
		$MESON install -C "$dir/build" --no-rebuild --destdir "$dir/stage"
}

if ! try 'meson install into a staging directory' install_library; then
	echo "1..$number"
	exit 1
fi

stage=$dir/stage/usr
export PKG_CONFIG_PATH="$stage/lib/pkgconfig" PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=
# For the .pc files of the system the staging directory must not be put before their paths, so it is
# this one file that is told where it is.
package()
{
	$PKG_CONFIG --define-variable=prefix="$stage" "$@" librdtgrp
}

# The program is built in a place from which no path leads to the source.
cp "$here/consumer.c" "$dir/consumer.c"
cd "$dir" || exit 1
mkdir -p tree/mon_data/mon_L3_00
echo 1 >tree/tasks
echo 'L3:0=fff' >tree/schemata
echo shareable >tree/mode
echo 49152 >tree/mon_data/mon_L3_00/llc_occupancy
echo Unavailable >tree/mon_data/mon_L3_00/mbm_total_bytes
cat >expected <<'END'
mon_L3_00 llc_occupancy ok 49152
mon_L3_00 mbm_total_bytes unavailable -1
END

strict='-Wall -Wextra -Werror -pedantic-errors'

header()
{
	printf '#include <rdtgrp.h>\nint main(void) { return 0; }\n' >alone.c
	"$@" $strict $(package --cflags) -fsyntax-only alone.c
}

compile_and_run()
{
	rm -f program
	"$@" -o program || return
	LD_LIBRARY_PATH=$stage/lib ./program "$dir/tree" >output || return
	diff expected output
}

shared()
{
	compile_and_run "$@" $strict $(package --cflags) consumer.c $(package --libs) &&
		LD_LIBRARY_PATH=$stage/lib ldd program | grep -F "$stage/lib/librdtgrp.so.0"
}

# Nothing of what --static adds may be missing, and the program must run without the shared library.
static()
{
	compile_and_run "$@" $strict $(package --cflags) consumer.c \
		$(package --static --libs | sed 's/-lrdtgrp/-l:librdtgrp.a/') &&
		! ldd program | grep librdtgrp
}

all_static()
{
	compile_and_run "$@" -static $strict $(package --cflags) consumer.c \
		$(package --static --libs) && ! ldd program
}

for std in c99 c11 c17; do
	try "header alone, $std" header $CC -std=$std
	try "shared, $std" shared $CC -std=$std
done
try 'static library, c11' static $CC -std=c11
# Debian, for one, has no static libmount.
if echo 'int main(void) { return 0; }' >empty.c &&
	$CC -static empty.c -o empty $($PKG_CONFIG --static --libs mount libcap) 2>/dev/null; then
	try 'all static, c11' all_static $CC -std=c11
else
	skip 'all static, c11' 'the system has no static libmount or libcap'
fi

if command -v "${CXX%% *}" >/dev/null; then
	for std in c++11 c++14 c++17 c++20; do
		try "header alone, $std" header $CXX -x c++ -std=$std
		try "shared, $std" shared $CXX -x c++ -std=$std
	done
	try 'static library, c++17' static $CXX -x c++ -std=c++17
else
	skip 'C++' "there is no ${CXX%% *}"
fi

# The examples of the documentation are programs that work, here on a system without resctrl or with.
example()
{
	"$@" -std=c11 $strict $(package --cflags) example.c $(package --libs) -o example || return
	LD_LIBRARY_PATH=$stage/lib ./example
	[ $? -le 1 ]
}
awk '/^```$/ { on = 0 } on; /^```c$/ { on = 1 }' "$source/README.md" >example.c
try 'example of README.md' example $CC
awk '/^```$/ { on = !on; next } on' "$source/docs/librdtgrp.3.scd" | sed 's/\\\\/\\/g' >example.c
try 'example of librdtgrp(3)' example $CC

soname()
{
	readelf --dynamic "$stage/lib/librdtgrp.so" | grep 'SONAME.*\[librdtgrp\.so\.0\]'
}
try 'soname' soname

pages()
{
	for name in $(sed -n 's/^\t\(rdtgrp_[a-z_]*\);$/\1/p' "$source/lib/librdtgrp.map"); do
		[ -e "$stage/share/man/man3/$name.3" ] || {
			echo "there is no man page $name(3)"
			return 1
		}
	done
}
if command -v scdoc >/dev/null; then
	try 'a man page by the name of each function' pages
else
	skip 'a man page by the name of each function' 'there is no scdoc'
fi

echo "1..$number"
