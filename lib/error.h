/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RG_ERROR_H
#define RG_ERROR_H

/*
 * The calling thread's error record. Every public function that returns a negative errno has filled
 * it by one of these.
 */

/*
 * Record a failure and return `error` (a negative errno), so that callers can return the call itself.
 *
 * object: the file's name as a person knows it, or NULL.
 * format: what was tried or what is wrong, without the object, the errno's text and a period:
 * "cannot open" or "is no group". rg_fail_errno adds the errno's text.
 */
int rg_fail_errno(int error, const char *object, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int rg_fail(int error, const char *object, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * What a file below a directory fd, or with path NULL the directory itself, is called: found out now,
 * from /proc/self/fd. The string stands in the error record, for use as `object` right away.
 */
const char *rg_name_of(int dirfd, const char *path);

/* The same for memory, where formatting would be pointless. */
int rg_fail_nomem(void);

/* Add to the record that was made last in this thread. */
void rg_error_set_kernel_text(const char *text);
void rg_error_set_advice(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
