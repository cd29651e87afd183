/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions that the linker puts in place of those that the library calls (-Wl,--wrap). */
#include <dirent.h>
#include <libmount/libmount.h>
#include <linux/openat2.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "support.h"

struct hooks hooks;

static _Thread_local struct {
	bool armed;
	enum call call;
	unsigned int number;
	unsigned int seen;
	int error;
	bool all;
	bool fired;
} fault;

static atomic_long blocks;

/* As on a kernel before Linux 5.6. */
static bool without_openat2;

void fault_arm(enum call call, unsigned int number, int error, bool all)
{
	fault.armed = true;
	fault.call = call;
	fault.number = number;
	fault.seen = 0;
	fault.error = error;
	fault.all = all;
	fault.fired = false;
}

bool fault_disarm(void)
{
	fault.armed = false;
	return fault.fired;
}

/* Is this the call that is to fail? Then errno is set. */
static bool fails(enum call call)
{
	unsigned int number;

	if (!fault.armed || fault.call != call)
		return false;
	number = fault.seen++;
	if (number != fault.number && !(fault.all && number > fault.number))
		return false;
	fault.fired = true;
	errno = fault.error;
	return true;
}

long count_blocks(void)
{
	return atomic_load(&blocks);
}

static void *counted(void *block)
{
	if (block)
		atomic_fetch_add(&blocks, 1);
	return block;
}

/* A function, the failure it stands for, and what it returns then. */
#define WRAP(type, name, call, failure, parameters, arguments)                                     \
	type __real_##name parameters;                                                             \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters                                                              \
	{                                                                                          \
		return fails(call) ? (failure) : __real_##name arguments;                          \
	}

/* The same for what gives out one new block of memory. */
#define WRAP_NEW(type, name, parameters, arguments)                                                \
	type __real_##name parameters;                                                             \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters                                                              \
	{                                                                                          \
		return fails(CALL_MEMORY) ? NULL : counted(__real_##name arguments);               \
	}

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker prescribes the names. */

WRAP_NEW(void *, malloc, (size_t size), (size))
WRAP_NEW(void *, calloc, (size_t count, size_t size), (count, size))
WRAP_NEW(char *, strdup, (const char *text), (text))
WRAP_NEW(char *, strndup, (const char *text, size_t size), (text, size))

void *__real_reallocarray(void *block, size_t count, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size)
{
	bool fresh = !block;
	void *moved = fails(CALL_MEMORY) ? NULL : __real_reallocarray(block, count, size);

	return fresh ? counted(moved) : moved;
}

void *__wrap_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size)
{
	return __wrap_reallocarray(block, 1, size);
}

void __real_free(void *block);
void __wrap_free(void *block);
void __wrap_free(void *block)
{
	if (block)
		atomic_fetch_sub(&blocks, 1);
	__real_free(block);
}

__attribute__((format(printf, 2, 0))) static int format_new(char **ret, const char *format,
							    va_list args)
{
	int n;

	if (fails(CALL_MEMORY)) {
		/* What the C library leaves there is undefined. */
		*ret = (char *)(uintptr_t)1;
		return -1;
	}
	n = vasprintf(ret, format, args);
	if (n >= 0)
		counted(*ret);
	return n;
}

int __wrap_asprintf(char **ret, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **ret, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = format_new(ret, format, args);
	va_end(args);
	return n;
}

/* What it is called with _FORTIFY_SOURCE. */
int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...)
{
	va_list args;
	int n;

	(void)flag;
	va_start(args, format);
	n = format_new(ret, format, args);
	va_end(args);
	return n;
}

/* Where there was no buffer before, there is a new one now. */
#define WRAP_GETLINE(name, parameters, arguments)                                                  \
	ssize_t __real_##name parameters;                                                          \
	ssize_t __wrap_##name parameters;                                                          \
	ssize_t __wrap_##name parameters                                                           \
	{                                                                                          \
		bool fresh = !*line;                                                               \
		ssize_t n;                                                                         \
                                                                                                   \
		if (fails(CALL_GETLINE))                                                           \
			return -1;                                                                 \
		n = __real_##name arguments;                                                       \
		if (fresh)                                                                         \
			counted(*line);                                                            \
		return n;                                                                          \
	}

WRAP_GETLINE(getline, (char **line, size_t *size, FILE *file), (line, size, file))
WRAP_GETLINE(__getdelim, (char **line, size_t *size, int delimiter, FILE *file),
	     (line, size, delimiter, file))

WRAP(int, inotify_init1, CALL_INOTIFY_INIT, -1, (int flags), (flags))
WRAP(int, inotify_add_watch, CALL_INOTIFY_ADD, -1, (int fd, const char *path, uint32_t mask),
     (fd, path, mask))
WRAP(int, sched_setaffinity, CALL_SETAFFINITY, -1, (pid_t pid, size_t size, const cpu_set_t *cpus),
     (pid, size, cpus))
WRAP(cap_t, cap_get_proc, CALL_CAP_GET_PROC, NULL, (void), ())
WRAP(int, faccessat, CALL_FACCESSAT, -1, (int fd, const char *path, int mode, int flags),
     (fd, path, mode, flags))
WRAP(int, fstat64, CALL_FSTAT, -1, (int fd, struct stat64 *st), (fd, st))
WRAP(int, fstatat64, CALL_FSTATAT, -1, (int fd, const char *path, struct stat64 *st, int flags),
     (fd, path, st, flags))
WRAP(int, fstatfs64, CALL_FSTATFS, -1, (int fd, struct statfs64 *fs), (fd, fs))
WRAP(int, stat64, CALL_STAT, -1, (const char *path, struct stat64 *st), (path, st))
WRAP(int, statx, CALL_STATX, -1,
     (int fd, const char *path, int flags, unsigned int mask, struct statx *st),
     (fd, path, flags, mask, st))
WRAP(struct libmnt_iter *, mnt_new_iter, CALL_MNT_NEW_ITER, NULL, (int direction), (direction))
WRAP(struct libmnt_table *, mnt_new_table, CALL_MNT_NEW_TABLE, NULL, (void), ())
WRAP(int, mnt_table_parse_stream, CALL_MNT_TABLE_PARSE, -errno,
     (struct libmnt_table * table, FILE *file, const char *path), (table, file, path))
WRAP(ssize_t, readlink, CALL_READLINK, -1, (const char *path, char *buffer, size_t size),
     (path, buffer, size))
WRAP(ssize_t, recvmsg, CALL_RECVMSG, -1, (int fd, struct msghdr *message, int flags),
     (fd, message, flags))
WRAP(ssize_t, sendmsg, CALL_SENDMSG, -1, (int fd, const struct msghdr *message, int flags),
     (fd, message, flags))

int __real_openat64(int fd, const char *path, int flags, ...);
int __wrap_openat64(int fd, const char *path, int flags, ...);
int __wrap_openat64(int fd, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	if (fails(CALL_OPENAT))
		return -1;
	if (hooks.redirect_open)
		path = hooks.redirect_open(path);
	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	return __real_openat64(fd, path, flags, mode);
}

/* The same with _FORTIFY_SOURCE, where nothing is to be created. */
int __wrap___openat64_2(int fd, const char *path, int flags);
int __wrap___openat64_2(int fd, const char *path, int flags)
{
	return __wrap_openat64(fd, path, flags);
}

long __real_syscall(long number, ...);

bool has_openat2(void)
{
	struct open_how how = {.flags = O_PATH};
	long fd = without_openat2 ? -1
				  : __real_syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));

	if (fd >= 0)
		close((int)fd);
	return fd >= 0;
}

bool is_opening(enum call call)
{
	return call == CALL_SYSCALL || call == CALL_OPENAT ||
	       (call == CALL_FSTAT && !has_openat2());
}

/* What a hook calls itself is neither for the hooks nor to fail. */
struct suspended {
	struct hooks hooks;
	bool armed;
};

static struct suspended suspend(void)
{
	const struct suspended suspended = {hooks, fault.armed};

	hooks = (struct hooks){0};
	fault.armed = false;
	return suspended;
}

static void resume(struct suspended suspended)
{
	hooks = suspended.hooks;
	fault.armed = suspended.armed;
}

/* All that the library calls by it takes at most five arguments. */
long __wrap_syscall(long number, long a, long b, long c, long d, long e);
long __wrap_syscall(long number, long a, long b, long c, long d, long e)
{
	if (fails(number == SYS_perf_event_open ? CALL_PERF_EVENT_OPEN : CALL_SYSCALL))
		return -1;
	if (without_openat2 && number == SYS_openat2) {
		errno = ENOSYS;
		return -1;
	}
	if (number == SYS_perf_event_open && hooks.perf_event_open) {
		const struct suspended now = suspend();
		const struct perf_event_attr *attr = (const struct perf_event_attr *)(uintptr_t)a;
		int fd = now.hooks.perf_event_open(attr, (int)c, (int)d);

		resume(now);
		errno = fd < 0 ? -fd : errno;
		return fd < 0 ? -1 : fd;
	}
	return __real_syscall(number, a, b, c, d, e);
}

ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
	if (fails(CALL_READ))
		return -1;
	if (hooks.read) {
		const struct suspended now = suspend();
		ssize_t n = now.hooks.read(fd, buffer, size);

		resume(now);
		if (n >= 0)
			return n;
	}
	return __real_read(fd, buffer, size);
}

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int r = __real_clock_gettime(clock, now);

	if (hooks.ahead_ns) {
		now->tv_nsec += hooks.ahead_ns(clock);
		now->tv_sec += now->tv_nsec / 1000000000;
		now->tv_nsec %= 1000000000;
	}
	return r;
}

FILE *__real_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode)
{
	if (fails(CALL_FOPEN))
		return NULL;
	return __real_fopen64(hooks.redirect_fopen ? hooks.redirect_fopen(path) : path, mode);
}

ssize_t __real_getdents64(int fd, void *buffer, size_t size);
ssize_t __wrap_getdents64(int fd, void *buffer, size_t size);
ssize_t __wrap_getdents64(int fd, void *buffer, size_t size)
{
	ssize_t n = fails(CALL_GETDENTS64) ? -1 : __real_getdents64(fd, buffer, size);

	for (ssize_t i = 0; hooks.without_types && i < n;) {
		struct dirent64 *entry = (struct dirent64 *)((char *)buffer + i);

		entry->d_type = DT_UNKNOWN;
		i += entry->d_reclen;
	}
	return n;
}

ssize_t __real_pread64(int fd, void *buffer, size_t size, off64_t offset);
ssize_t __wrap_pread64(int fd, void *buffer, size_t size, off64_t offset);
ssize_t __wrap_pread64(int fd, void *buffer, size_t size, off64_t offset)
{
	if (fails(CALL_PREAD))
		return -1;
	if (hooks.before_pread) {
		const struct suspended now = suspend();

		now.hooks.before_pread();
		resume(now);
	}
	return __real_pread64(fd, buffer, size, offset);
}

int __real_mkdirat(int fd, const char *path, mode_t mode);
int __wrap_mkdirat(int fd, const char *path, mode_t mode);
int __wrap_mkdirat(int fd, const char *path, mode_t mode)
{
	int r = fails(CALL_MKDIRAT) ? -1 : __real_mkdirat(fd, path, mode);

	if (r == 0 && hooks.after_mkdirat) {
		const struct suspended now = suspend();

		now.hooks.after_mkdirat(fd, path);
		resume(now);
	}
	return r;
}

int __real_unlinkat(int fd, const char *path, int flags);
int __wrap_unlinkat(int fd, const char *path, int flags);
int __wrap_unlinkat(int fd, const char *path, int flags)
{
	if (fails(CALL_UNLINKAT))
		return -1;
	if (hooks.before_unlinkat) {
		const struct suspended now = suspend();

		now.hooks.before_unlinkat(fd, path);
		resume(now);
	}
	return __real_unlinkat(fd, path, flags);
}

ssize_t __real_write(int fd, const void *buffer, size_t size);
ssize_t __wrap_write(int fd, const void *buffer, size_t size);
ssize_t __wrap_write(int fd, const void *buffer, size_t size)
{
	if (fails(CALL_WRITE))
		return -1;
	if (hooks.before_write) {
		const struct suspended now = suspend();

		errno = now.hooks.before_write(fd, buffer, size);
		resume(now);
		if (errno)
			return -1;
	}
	return __real_write(fd, buffer, size);
}

/* NOLINTEND(bugprone-reserved-identifier) */

/* What each function may fail with; ends with 0. EINTR is no failure: the call is to be made again. */
static const int errors[CALL_COUNT][6] = {
	[CALL_MEMORY] = {ENOMEM},
	[CALL_CAP_GET_PROC] = {EPERM},
	[CALL_FACCESSAT] = {EACCES, EIO},
	[CALL_FOPEN] = {EACCES, EMFILE, ENOENT},
	[CALL_FSTAT] = {EIO, EACCES},
	[CALL_FSTATAT] = {EIO, EACCES},
	[CALL_FSTATFS] = {EIO, EACCES},
	[CALL_GETDENTS64] = {EIO, EACCES},
	[CALL_GETLINE] = {EIO},
	[CALL_INOTIFY_INIT] = {EMFILE},
	[CALL_INOTIFY_ADD] = {ENOSPC, EACCES},
	[CALL_MKDIRAT] = {EACCES, ENOSPC, EBUSY, EEXIST},
	[CALL_MNT_NEW_ITER] = {ENOMEM},
	[CALL_MNT_NEW_TABLE] = {ENOMEM},
	[CALL_MNT_TABLE_PARSE] = {ENOMEM, EINVAL},
	[CALL_OPENAT] = {EACCES, EMFILE, EIO},
	[CALL_PERF_EVENT_OPEN] = {EACCES, EMFILE, ENODEV},
	[CALL_PREAD] = {EIO, EINTR},
	[CALL_READ] = {EIO, EINTR},
	[CALL_READLINK] = {EACCES, EINVAL},
	[CALL_RECVMSG] = {EAGAIN, EINTR, ECONNREFUSED},
	[CALL_SENDMSG] = {EPIPE, EAGAIN, EINTR},
	[CALL_SETAFFINITY] = {EINVAL},
	[CALL_STAT] = {EACCES},
	[CALL_STATX] = {EIO, ENOMEM},
	[CALL_SYSCALL] = {EACCES, EMFILE, EIO, EINTR, EAGAIN},
	[CALL_UNLINKAT] = {EBUSY, EACCES},
	[CALL_WRITE] = {EINVAL, EACCES, EINTR},
};

static const char *const names[CALL_COUNT] = {
	[CALL_MEMORY] = "memory",
	[CALL_CAP_GET_PROC] = "cap_get_proc",
	[CALL_FACCESSAT] = "faccessat",
	[CALL_FOPEN] = "fopen",
	[CALL_FSTAT] = "fstat",
	[CALL_FSTATAT] = "fstatat",
	[CALL_FSTATFS] = "fstatfs",
	[CALL_GETDENTS64] = "getdents64",
	[CALL_GETLINE] = "getline",
	[CALL_INOTIFY_INIT] = "inotify_init1",
	[CALL_INOTIFY_ADD] = "inotify_add_watch",
	[CALL_MKDIRAT] = "mkdirat",
	[CALL_MNT_NEW_ITER] = "mnt_new_iter",
	[CALL_MNT_NEW_TABLE] = "mnt_new_table",
	[CALL_MNT_TABLE_PARSE] = "mnt_table_parse_stream",
	[CALL_OPENAT] = "openat",
	[CALL_PERF_EVENT_OPEN] = "perf_event_open",
	[CALL_PREAD] = "pread",
	[CALL_READ] = "read",
	[CALL_READLINK] = "readlink",
	[CALL_RECVMSG] = "recvmsg",
	[CALL_SENDMSG] = "sendmsg",
	[CALL_SETAFFINITY] = "sched_setaffinity",
	[CALL_STAT] = "stat",
	[CALL_STATX] = "statx",
	[CALL_SYSCALL] = "openat2",
	[CALL_UNLINKAT] = "unlinkat",
	[CALL_WRITE] = "write",
};

static bool is_no_failure(enum call call, int error)
{
	/* EAGAIN: openat2 lost a race against a rename somewhere. */
	return error == EINTR || (call == CALL_SYSCALL && error == EAGAIN);
}

static void set_record(void)
{
	struct rdtgrp *group;

	assert_int_equal(rdtgrp_open("", 0, &group), -EINVAL);
}

/* One failure; returns false if the operation does not make the call so often. */
static bool fail_one(const struct operation *operation, void *data, enum call call,
		     unsigned int number, int error)
{
	unsigned int fds = count_fds();
	long before = count_blocks();
	bool fired, good;
	int r;

	set_record();
	fault_arm(call, number, error, false);
	r = operation->run(data);
	fired = fault_disarm();

	if (!fired || is_no_failure(call, error))
		good = r == 0;
	else
		good = r == -error ||
		       (operation->tolerates && operation->tolerates(call, error, r, data));
	if (r == 0) {
		/* A success leaves the record as it is, whatever it took. */
		good = good && rdtgrp_error_code() == -EINVAL;
		operation->release(data);
	} else {
		good = good && operation->untouched(data);
		good = good && rdtgrp_error_code() == r && *rdtgrp_error_message();
	}
	if (!good || count_fds() != fds || count_blocks() != before)
		fail_msg("%s, time %u, errno %d: returned %d, record %d \"%s\", untouched %d, "
			 "fds %u to %u, blocks %ld to %ld",
			 names[call], number, error, r, rdtgrp_error_code(), rdtgrp_error_message(),
			 r == 0 || operation->untouched(data), fds, count_fds(), before,
			 count_blocks());

	/* All is as before: the same works now. */
	assert_int_equal(operation->run(data), 0);
	operation->release(data);
	assert_int_equal(count_fds(), fds);
	assert_int_equal(count_blocks(), before);
	return fired;
}

static void fail_each(const struct operation *operation, void *data, unsigned int hits[CALL_COUNT])
{
	for (enum call call = 0; call < CALL_COUNT; call++) {
		for (size_t i = 0; i < COUNT(errors[0]) && errors[call][i]; i++) {
			unsigned int number = 0;

			while (fail_one(operation, data, call, number, errors[call][i]))
				number++;
			hits[call] += number;
		}
	}
}

void fail_everything(const struct operation *operation, void *data,
		     unsigned int ret_hits[CALL_COUNT])
{
	unsigned int hits[CALL_COUNT] = {0}, other_hits[CALL_COUNT] = {0};

	fail_each(operation, data, hits);
	without_openat2 = true;
	fail_each(operation, data, other_hits);
	without_openat2 = false;
	if (ret_hits)
		memcpy(ret_hits, hits, sizeof(hits));
}
