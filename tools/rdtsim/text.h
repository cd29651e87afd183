/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSIM_TEXT_H
#define RDTSIM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A growing buffer of bytes. Running out of memory is remembered, so that a file's text can be put
 * together without looking at every step; text_error() tells in the end.
 */
struct text {
	char *data;
	size_t len;
	size_t size;
	bool failed;
};

void text_add(struct text *text, const char *data, size_t len);
void text_puts(struct text *text, const char *string);
__attribute__((format(printf, 2, 3))) void text_printf(struct text *text, const char *format, ...);
/* Add a name with the escapes of the control commands (\s, \n, \t, \\). */
void text_escaped(struct text *text, const char *string);
void text_clear(struct text *text);
void text_free(struct text *text);
/* Cut off the blanks at the end, and return where those at the beginning end. */
char *text_trim(char *string);
/* An unsigned number and nothing else; -EINVAL, -ERANGE. */
int text_parse_u64(const char *string, int base, uint64_t *ret_value);
uint64_t text_hash(uint64_t seed, const char *string);
/* 0, or -ENOMEM if something is missing in it. */
int text_error(const struct text *text);

#endif
