/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A small test runner that speaks TAP. The same binaries run in the guest of a virtual machine that
 * holds little more than a kernel, so it needs nothing but libc.
 *
 * A case fails by a failed check, by ending with another number of open fds than it began with, or by
 * taking longer than its time.
 */

struct tap_case {
	const char *name;
	void (*run)(void);
};

/* Run all cases; after each one `after` (or NULL) puts the world in order. Returns the exit status. */
int tap_run(const struct tap_case *cases, size_t count, void (*after)(void));

/* The running case cannot be judged here. It ends as skipped unless a check fails as well. */
void tap_skip(const char *reason, ...) __attribute__((format(printf, 1, 2)));

/* A remark in the output. */
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Has a check of the running case failed? */
bool tap_failed(void);

/* Forget failed checks: for a forked child, which reports by its exit status. */
void tap_begin_child(void);

/* The number of fds that this process has open. */
int tap_count_fds(void);

bool tap_check(bool ok, const char *file, int line, const char *text);
/* A return value: 0, positive, or a negative errno. */
bool tap_check_rc(long rc, long expected, const char *file, int line, const char *text);
bool tap_check_u64(unsigned long long value, unsigned long long expected, const char *file,
		   int line, const char *text);
bool tap_check_string(const char *value, const char *expected, const char *file, int line,
		      const char *text);

#define CHECK(condition) tap_check((condition), __FILE__, __LINE__, #condition)
#define CHECK_RC(call, expected) tap_check_rc((call), (expected), __FILE__, __LINE__, #call)
#define CHECK_U64(value, expected) tap_check_u64((value), (expected), __FILE__, __LINE__, #value)
#define CHECK_STRING(value, expected)                                                              \
	tap_check_string((value), (expected), __FILE__, __LINE__, #value)

/* The same, and nothing of what follows makes sense without it. */
#define NEED(condition)                                                                            \
	do {                                                                                       \
		if (!CHECK(condition))                                                             \
			return;                                                                    \
	} while (0)
#define NEED_RC(call, expected)                                                                    \
	do {                                                                                       \
		if (!CHECK_RC(call, expected))                                                     \
			return;                                                                    \
	} while (0)

#endif
