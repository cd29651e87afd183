/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Emulated machines are slow; a case that waits longer waits for ever. */
#define CASE_SECONDS 600

static int failures;
static char skip_reason[512];

static void on_alarm(int signal_number)
{
	static const char message[] = "Bail out! the case took too long\n";

	(void)signal_number;
	if (write(STDOUT_FILENO, message, sizeof(message) - 1) < 0)
		_exit(2);
	_exit(1);
}

int tap_count_fds(void)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count - 1; /* dir's own */
}

void tap_skip(const char *reason, ...)
{
	va_list args;

	va_start(args, reason);
	vsnprintf(skip_reason, sizeof(skip_reason), reason, args);
	va_end(args);
	/* TAP is lines. */
	skip_reason[strcspn(skip_reason, "\n")] = '\0';
}

void tap_note(const char *format, ...)
{
	va_list args;

	fputs("# ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

bool tap_failed(void)
{
	return failures != 0;
}

void tap_begin_child(void)
{
	failures = 0;
}

bool tap_check(bool ok, const char *file, int line, const char *text)
{
	if (!ok) {
		failures++;
		tap_note("%s:%d: not so: %s", file, line, text);
	}
	return ok;
}

static const char *rc_name(long rc)
{
	const char *name = rc < 0 ? strerrorname_np((int)-rc) : NULL;

	return name ? name : "";
}

bool tap_check_rc(long rc, long expected, const char *file, int line, const char *text)
{
	if (rc != expected) {
		failures++;
		tap_note("%s:%d: %s is %ld %s, not %ld %s", file, line, text, rc, rc_name(rc),
			 expected, rc_name(expected));
	}
	return rc == expected;
}

bool tap_check_u64(unsigned long long value, unsigned long long expected, const char *file,
		   int line, const char *text)
{
	if (value != expected) {
		failures++;
		tap_note("%s:%d: %s is %llu, not %llu", file, line, text, value, expected);
	}
	return value == expected;
}

bool tap_check_string(const char *value, const char *expected, const char *file, int line,
		      const char *text)
{
	bool same = value && expected ? !strcmp(value, expected) : value == expected;

	if (!same) {
		failures++;
		tap_note("%s:%d: %s is \"%s\", not \"%s\"", file, line, text,
			 value ? value : "(null)", expected ? expected : "(null)");
	}
	return same;
}

int tap_run(const struct tap_case *cases, size_t count, void (*after)(void))
{
	int failed = 0, skipped = 0;

	signal(SIGALRM, on_alarm);
	for (size_t i = 0; i < count; i++) {
		int fds = tap_count_fds();

		failures = 0;
		skip_reason[0] = '\0';
		alarm(CASE_SECONDS);
		cases[i].run();
		CHECK_RC(tap_count_fds(), fds);
		if (after)
			after();
		alarm(0);
		printf("%sok %zu - %s", failures ? "not " : "", i + 1, cases[i].name);
		if (skip_reason[0] && !failures)
			printf(" # SKIP %s", skip_reason);
		putchar('\n');
		fflush(stdout);
		failed += failures != 0;
		skipped += skip_reason[0] && !failures;
	}
	printf("1..%zu\n", count);
	tap_note("%zu passed, %d failed, %d skipped", count - (size_t)(failed + skipped), failed,
		 skipped);
	return failed ? 1 : 0;
}
