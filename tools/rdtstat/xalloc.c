// SPDX-License-Identifier: GPL-2.0-or-later
#include "xalloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

void out_of_memory(void)
{
	fputs("rdtstat: out of memory\n", stderr);
	exit(EXIT_FAILED);
}

void *xcalloc(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory)
		out_of_memory();
	return memory;
}

void *xgrow(void *array, size_t count, size_t *capacity, size_t size)
{
	size_t room = *capacity ? *capacity : 8;

	if (count < *capacity)
		return array;
	while (room <= count) {
		if (room > SIZE_MAX / 2)
			out_of_memory();
		room *= 2;
	}
	array = reallocarray(array, room, size);
	if (!array)
		out_of_memory();
	*capacity = room;
	return array;
}

char *xstrdup(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		out_of_memory();
	return copy;
}

char *xvasprintf(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		out_of_memory();
	return text;
}

char *xasprintf(const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	return text;
}
