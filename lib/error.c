/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "rdtgrp.h"

/*
 * Fixed sizes, so that recording a failure cannot fail. A name may have 4095 bytes; what does not fit
 * is cut off at the end of the message, where the cause stands, so the message has room for both.
 */
static _Thread_local struct {
	int code;
	char object[4096];
	char what[512];
	char kernel_text[512 + sizeof("[truncated]")]; /* all that the kernel can say */
	char advice[512];
	char message[4096 + 512 + 512 + sizeof("[truncated]") + 128];
} last;

static void compose(bool with_errno)
{
	snprintf(last.message, sizeof(last.message), "%s%s%s%s%s%s%s%s", last.object,
		 last.object[0] ? ": " : "", last.what, with_errno ? ": " : "",
		 with_errno ? strerrordesc_np(-last.code) : "", last.kernel_text[0] ? " (" : "",
		 last.kernel_text, last.kernel_text[0] ? ")" : "");
}

__attribute__((format(printf, 4, 0))) static int
record(bool with_errno, int error, const char *object, const char *format, va_list args)
{
	int saved_errno = errno;

	last.code = error;
	last.kernel_text[0] = '\0';
	last.advice[0] = '\0';
	/* The object may be the record's own string, when a failure is reported one floor up. */
	if (object != last.object)
		snprintf(last.object, sizeof(last.object), "%s", object ? object : "");
	vsnprintf(last.what, sizeof(last.what), format, args);
	compose(with_errno && strerrordesc_np(-error));
	rg_log(LOG_DEBUG, "%s", last.message);
	errno = saved_errno;
	return error;
}

int rg_fail_errno(int error, const char *object, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	record(true, error, object, format, args);
	va_end(args);
	return error;
}

int rg_fail(int error, const char *object, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	record(false, error, object, format, args);
	va_end(args);
	return error;
}

const char *rg_name_of(int dirfd, const char *path)
{
	int saved_errno = errno;
	static const char removed[] = " (deleted)";
	size_t size = sizeof(last.object), length;
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dirfd);
	n = readlink(link, last.object, size - 1);
	if (n < 0)
		n = snprintf(last.object, size, "fd %d", dirfd);
	length = (size_t)n < size ? (size_t)n : size - 1;
	last.object[length] = '\0';
	/* The kernel's mark of what has been removed (fs/d_path.c) is no part of the name. */
	if (n >= 0 && length > strlen(removed) &&
	    !strcmp(last.object + length - strlen(removed), removed))
		last.object[length -= strlen(removed)] = '\0';
	if (path)
		snprintf(last.object + length, size - length, "%s%s",
			 length && last.object[length - 1] == '/' ? "" : "/", path);
	errno = saved_errno;
	return last.object;
}

int rg_fail_nomem(void)
{
	return rg_fail(-ENOMEM, NULL, "not enough memory");
}

void rg_error_set_kernel_text(const char *text)
{
	char *end = last.message + sizeof(last.message) - sizeof(")");
	char *to = last.message + strlen(last.message);

	snprintf(last.kernel_text, sizeof(last.kernel_text), "%s", text);
	if (!last.kernel_text[0])
		return;
	/* It may be several lines, the message is one. */
	to = stpcpy(to, " (");
	for (const char *from = last.kernel_text; *from && to < end - 1; from++) {
		if (*from == '\n')
			*to++ = ';';
		*to++ = *from == '\n' ? ' ' : *from;
	}
	strcpy(to, ")");
}

void rg_error_set_advice(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(last.advice, sizeof(last.advice), format, args);
	va_end(args);
}

int rdtgrp_error_code(void)
{
	return last.code;
}

const char *rdtgrp_error_message(void)
{
	return last.message;
}

const char *rdtgrp_error_object(void)
{
	return last.object;
}

const char *rdtgrp_error_kernel_text(void)
{
	return last.kernel_text;
}

const char *rdtgrp_error_advice(void)
{
	return last.advice;
}
