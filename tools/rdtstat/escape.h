/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_ESCAPE_H
#define RDTSTAT_ESCAPE_H

#include <stdbool.h>

/*
 * Make bytes of any origin harmless and unambiguous: a backslash becomes \\, newline and tab \n and
 * \t, every other control character, every byte that is not UTF-8, and the invisible characters that
 * reorder or hide text become \xHH byte by byte. printf(1)'s %b turns it back into the bytes.
 *
 * keep_utf8: leave other characters above ASCII as they are; otherwise they become \xHH as well.
 * The result is the caller's, to be freed.
 */
char *escape(const char *bytes, bool keep_utf8);

/* For the terminal: UTF-8 is kept where the locale says that it can be shown. */
char *escape_for_terminal(const char *bytes);

#endif
