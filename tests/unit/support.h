/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SUPPORT_H
#define SUPPORT_H

/* What every unit test stands on: cmocka with what it needs, trees of groups, injected failures. */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "rdtgrp.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The number of open file descriptors of this process. */
unsigned int count_fds(void);

/*
 * Trees
 *
 * A directory with the shape of resctrl, in a temporary directory. The library reads it with
 * RDTGRP_OPEN_ANY_FS.
 */

struct tree {
	char *path;
	int fd;
};

/* An empty one. */
void tree_new(struct tree *tree);
/* One as an Intel machine with two L3 domains shows it: the default group with a MON group "m0", and a
 * CTRL_MON group "g1" with the MON groups "m1" and "m2". */
void tree_new_intel(struct tree *tree);
void tree_free(struct tree *tree);

/* Paths are below the tree. Directories on the way are made; a file is written afresh. */
void tree_mkdir(const struct tree *tree, const char *path);
void tree_write(const struct tree *tree, const char *path, const char *text);
void tree_write_bytes(const struct tree *tree, const char *path, const void *bytes, size_t size);
/* A file, or a directory with all that is in it. */
void tree_remove(const struct tree *tree, const char *path);
bool tree_exists(const struct tree *tree, const char *path);

/* Make a directory a group. */
void tree_make_group(const struct tree *tree, const char *path, enum rdtgrp_type type);

/* Open a group of the tree; fails the test if that does not work. */
struct rdtgrp *tree_open(const struct tree *tree, const char *path);

/*
 * Injected failures
 *
 * The functions below are wrapped by the linker in the test program and in the static library, not in
 * other libraries. A failure is armed for the calling thread.
 */

enum call {
	CALL_MEMORY, /* malloc, calloc, realloc, reallocarray, strdup, strndup, asprintf */
	CALL_CAP_GET_PROC,
	CALL_FACCESSAT,
	CALL_FOPEN,
	CALL_FSTAT,
	CALL_FSTATAT,
	CALL_FSTATFS,
	CALL_GETDENTS64,
	CALL_GETLINE,
	CALL_INOTIFY_INIT,
	CALL_INOTIFY_ADD,
	CALL_MKDIRAT,
	CALL_MNT_NEW_ITER,
	CALL_MNT_NEW_TABLE,
	CALL_MNT_TABLE_PARSE,
	CALL_OPENAT,
	CALL_PERF_EVENT_OPEN,
	CALL_PREAD,
	CALL_READ,
	CALL_READLINK,
	CALL_RECVMSG,
	CALL_SENDMSG,
	CALL_SETAFFINITY,
	CALL_STAT,
	CALL_STATX,
	CALL_SYSCALL, /* openat2 */
	CALL_UNLINKAT,
	CALL_WRITE,
	CALL_COUNT,
};

/* Make the call with this number (from 0) fail with error (positive), and, if `all`, those after it. */
void fault_arm(enum call call, unsigned int number, int error, bool all);
/* Returns whether it came to that. */
bool fault_disarm(void);

/* Has the kernel openat2? valgrind's (before 3.20) has not, then the library does without. */
bool has_openat2(void);
/* Is the call one by which the library opens files? Without openat2 it looks at them with fstat. */
bool is_opening(enum call call);

/* Blocks of memory that the wrapped functions gave out and that were not freed yet. */
long count_blocks(void);

struct perf_event_attr;

/* Called around the wrapped functions of the same names where set, to stand in for the kernel. */
extern struct hooks {
	void (*after_mkdirat)(int dirfd, const char *path);
	void (*before_unlinkat)(int dirfd, const char *path);
	/* Called before each pread. */
	void (*before_pread)(void);
	/* Which file to open in place of this one. */
	const char *(*redirect_fopen)(const char *path);
	/* The same for openat. */
	const char *(*redirect_open)(const char *path);
	/* Returns an fd or a negative errno. */
	int (*perf_event_open)(const struct perf_event_attr *attr, int cpu, int leader);
	/* Returns the number of bytes, or -1 for an fd that is read as it is. */
	ssize_t (*read)(int fd, void *buffer, size_t size);
	/* How far a clock is ahead of the system's. */
	long (*ahead_ns)(clockid_t clock);
	/* Leave the types out of directory entries, as some filesystems do. */
	bool without_types;
	/* Returns 0, or an errno for the write to fail with. */
	int (*before_write)(int fd, const char *text, size_t size);
} hooks;

/* A call of the library that is made again and again, each time with another failure in it. */
struct operation {
	/* The call. Keeps what it gives out in data. */
	int (*run)(void *data);
	/* Give that back. Called after a success, with its result. */
	void (*release)(void *data);
	/* After a failure: is what the call was to give out as it was before? */
	bool (*untouched)(const void *data);
	/* May the result of the call be this one, though it is not -error? NULL: never. Called before
	 * release(). */
	bool (*tolerates)(enum call call, int error, int result, const void *data);
};

/*
 * Let each wrapped call that the operation makes fail once, with each error that it may have. After each
 * one the result must be that errno, the error record filled, what is given out untouched, no fd and no
 * memory lost, and the same call succeed. All that also as on a kernel without openat2. ret_hits (NULL if not wanted) has the number of failures per
 * function.
 */
void fail_everything(const struct operation *operation, void *data,
		     unsigned int ret_hits[CALL_COUNT]);

/* What is no name of an event, and no path of a domain. */
#define BAD_NAMES 7
extern const char *const bad_events[BAD_NAMES];
extern const char *const bad_domains[BAD_NAMES];

/* The call returns this error, and the error record says so too. */
#define assert_fails(call, error)                                                                  \
	do {                                                                                       \
		assert_int_equal(call, error);                                                     \
		assert_int_equal(rdtgrp_error_code(), error);                                      \
		assert_string_not_equal(rdtgrp_error_message(), "");                               \
	} while (0)

/* cmocka's setup and teardown of a whole program: it must end with the fds that it began with. */
int begin_program(void **state);
int end_program(void **state);

#endif
