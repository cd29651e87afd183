/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for len bytes more and a NUL. */
static bool text_reserve(struct text *text, size_t len)
{
	size_t size = text->size ? text->size : 128;
	char *data;

	if (text->failed)
		return false;
	while (size - text->len <= len)
		size *= 2;
	if (size == text->size)
		return true;
	data = realloc(text->data, size);
	if (!data) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->size = size;
	return true;
}

void text_add(struct text *text, const char *data, size_t len)
{
	if (!text_reserve(text, len))
		return;
	memcpy(text->data + text->len, data, len);
	text->len += len;
	text->data[text->len] = '\0';
}

void text_puts(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || !text_reserve(text, (size_t)len)) {
		text->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf(text->data + text->len, (size_t)len + 1, format, args);
	va_end(args);
	text->len += (size_t)len;
}

void text_escaped(struct text *text, const char *string)
{
	for (; *string; string++) {
		switch (*string) {
		case ' ':
			text_puts(text, "\\s");
			break;
		case '\n':
			text_puts(text, "\\n");
			break;
		case '\t':
			text_puts(text, "\\t");
			break;
		case '\\':
			text_puts(text, "\\\\");
			break;
		default:
			text_add(text, string, 1);
		}
	}
}

void text_clear(struct text *text)
{
	text->len = 0;
	text->failed = false;
}

void text_free(struct text *text)
{
	free(text->data);
	*text = (struct text){0};
}

int text_error(const struct text *text)
{
	return text->failed ? -ENOMEM : 0;
}

char *text_trim(char *string)
{
	char *end = string + strlen(string);

	while (end > string && isspace((unsigned char)end[-1]))
		*--end = '\0';
	while (isspace((unsigned char)*string))
		string++;
	return string;
}

int text_parse_u64(const char *string, int base, uint64_t *ret_value)
{
	unsigned long long value;
	char *end;

	if (!isxdigit((unsigned char)*string))
		return -EINVAL;
	errno = 0;
	value = strtoull(string, &end, base);
	if (end == string || *end)
		return -EINVAL;
	if (errno)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

uint64_t text_hash(uint64_t seed, const char *string)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (seed * UINT64_C(0x9e3779b97f4a7c15));

	for (; *string; string++) {
		hash ^= (unsigned char)*string;
		hash *= UINT64_C(0x100000001b3);
	}
	/* Let the last bytes reach the high bits. */
	hash ^= hash >> 32;
	hash *= UINT64_C(0xd6e8feb86659fd93);
	hash ^= hash >> 32;
	return hash;
}
