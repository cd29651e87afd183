/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts all allocations of the process, the library's included, by standing before the C library. */
#include "bench.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

/* NOLINTBEGIN(bugprone-reserved-identifier): glibc's own names for them. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
/* NOLINTEND(bugprone-reserved-identifier) */

static size_t allocations;

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
	allocations++;
	return __libc_realloc(block, size);
}

void *reallocarray(void *block, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(block, bytes);
}

size_t heap_allocations(void)
{
	return allocations;
}

size_t heap_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	/* Blocks of the heap, and those too large for it. */
	return info.uordblks + info.hblkhd;
}
