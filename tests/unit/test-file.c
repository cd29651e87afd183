/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "file.h"
#include "names.h"

static int setup(void **state)
{
	static struct tree tree;

	tree_new(&tree);
	*state = &tree;
	return 0;
}

static int teardown(void **state)
{
	tree_free(*state);
	return 0;
}

static void test_open_beneath(void **state)
{
	const struct tree *tree = *state;
	int fd;

	tree_write(tree, "a/file", "x");
	tree_mkdir(tree, "b");
	assert_int_equal(symlinkat("../a", tree->fd, "b/link"), 0);
	assert_int_equal(symlinkat("a", tree->fd, "link"), 0);

	fd = rg_open_beneath(tree->fd, "a/file", O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	assert_int_equal(rg_open_beneath(tree->fd, "a/none", O_RDONLY), -ENOENT);
	assert_int_equal(rg_open_beneath(tree->fd, "b/link", O_RDONLY), -ELOOP);
	assert_int_equal(rg_open_beneath(-1, "a", O_RDONLY), -EBADF);
	if (!has_openat2())
		skip();
	assert_int_equal(rg_open_beneath(tree->fd, "link/file", O_RDONLY), -ELOOP);
	assert_int_equal(rg_open_beneath(tree->fd, "..", O_RDONLY), -EXDEV);
	assert_int_equal(rg_open_beneath(tree->fd, "a/../../x", O_RDONLY), -EXDEV);
	assert_int_equal(rg_open_beneath(tree->fd, "/", O_RDONLY), -EXDEV);
}

/* A kernel without openat2, or a sandbox that refuses it. */
static void test_open_without_openat2(void **state)
{
	static const int errors[] = {ENOSYS, EPERM};
	const struct tree *tree = *state;
	int proc, fd;

	tree_write(tree, "file", "x");
	assert_int_equal(symlinkat("file", tree->fd, "link"), 0);
	for (size_t i = 0; i < COUNT(errors); i++) {
		fault_arm(CALL_SYSCALL, 0, errors[i], true);
		fd = rg_open_beneath(tree->fd, "file", O_RDONLY);
		assert_true(fd >= 0);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		close(fd);
		assert_int_equal(rg_open_beneath(tree->fd, "none", O_RDONLY), -ENOENT);
		assert_int_equal(rg_open_beneath(tree->fd, "link", O_RDONLY), -ELOOP);
		/* Another filesystem on the way is found out all the same. */
		proc = open("/", O_PATH | O_CLOEXEC);
		assert_int_equal(rg_open_beneath(proc, "proc/version", O_RDONLY), -EXDEV);
		close(proc);
		assert_true(fault_disarm());
	}
}

static void test_read_text(void **state)
{
	const struct tree *tree = *state;
	const size_t size = 100000;
	char *big = malloc(size), *text = NULL;
	size_t length;

	assert_non_null(big);
	memset(big, 'b', size);
	tree_write_bytes(tree, "big", big, size);
	tree_write(tree, "empty", "");

	assert_int_equal(rg_read_text(tree->fd, "big", size, &text, &length), 0);
	assert_int_equal(length, size);
	assert_memory_equal(text, big, size);
	assert_int_equal(text[size], '\0');
	free(text);
	text = big;
	assert_int_equal(rg_read_text(tree->fd, "big", size - 1, &text, &length), -EFBIG);
	assert_int_equal(rg_read_text(tree->fd, "none", size, &text, NULL), -ENOENT);
	assert_int_equal(rg_read_text(tree->fd, ".", size, &text, NULL), -EISDIR);
	assert_ptr_equal(text, big);
	assert_int_equal(rg_read_text(tree->fd, "empty", 0, &text, &length), 0);
	assert_int_equal(length, 0);
	assert_string_equal(text, "");
	free(text);
	free(big);
}

static void test_write_text(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "file", "");
	assert_int_equal(rg_write_text(tree->fd, "file", "12\n", 3), 0);
	assert_int_equal(rg_write_text(tree->fd, "none", "12\n", 3), -ENOENT);
	fault_arm(CALL_WRITE, 0, EINTR, false);
	assert_int_equal(rg_write_text(tree->fd, "file", "12\n", 3), 0);
	assert_true(fault_disarm());
	fault_arm(CALL_WRITE, 0, EINVAL, false);
	assert_int_equal(rg_write_text(tree->fd, "file", "12\n", 3), -EINVAL);
	assert_true(fault_disarm());
}

/* More entries than one buffer holds, with names as long as this filesystem has them. */
static void test_dir(void **state)
{
	const struct tree *tree = *state;
	const unsigned int count = 500;
	char name[300];
	struct rg_dir dir;
	struct rg_dir_entry entry;
	unsigned int seen = 0;
	int r;

	for (unsigned int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "d/%0200u\n\033[1m", i);
		tree_mkdir(tree, name);
	}
	tree_write(tree, "d/file", "");
	assert_int_equal(rg_dir_open(tree->fd, "d", &dir), 0);
	while ((r = rg_dir_next(&dir, &entry)) > 0) {
		struct stat st;

		assert_int_equal(fstatat(dir.fd, entry.name, &st, 0), 0);
		assert_int_equal(st.st_ino, entry.inode);
		assert_int_equal(entry.type, S_ISDIR(st.st_mode) ? DT_DIR : DT_REG);
		seen++;
	}
	assert_int_equal(r, 0);
	assert_int_equal(seen, count + 1);
	rg_dir_close(&dir);
	rg_dir_close(&dir);
	assert_int_equal(rg_dir_open(tree->fd, "d/file", &dir), -ENOTDIR);
	rg_dir_close(&dir);
}

static void test_names(void **state)
{
	const struct tree *tree = *state;
	struct rg_names directories = {0}, files = {0};
	static const char *const sorted[] = {"A", "a", "ba", "b\xff"}; /* in byte order */

	tree_mkdir(tree, "ba");
	tree_mkdir(tree, "b\xff");
	tree_mkdir(tree, "A");
	tree_mkdir(tree, "a");
	tree_write(tree, "file", "");
	assert_int_equal(symlinkat("file", tree->fd, "link"), 0);
	assert_int_equal(rg_names_read(tree->fd, ".", &directories, &files), 0);
	assert_int_equal(directories.count, COUNT(sorted));
	for (size_t i = 0; i < COUNT(sorted); i++)
		assert_string_equal(directories.names[i].text, sorted[i]);
	assert_int_equal(files.count, 1);
	assert_string_equal(files.names[0].text, "file");
	rg_names_free(&directories);
	rg_names_free(&files);
	rg_names_free(&files);
	assert_int_equal(rg_names_read(tree->fd, "none", &directories, NULL), -ENOENT);
	assert_int_equal(directories.count, 0);
}

/* Nobody writes to it: opening and reading must not wait for somebody who does. */
static void test_pipe(void **state)
{
	const struct tree *tree = *state;
	char byte, *text;
	int fd;

	assert_int_equal(mkfifoat(tree->fd, "pipe", 0600), 0);
	fd = rg_open_beneath(tree->fd, "pipe", O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(rg_read_start(fd, &byte, 1), -ESPIPE);
	close(fd);
	assert_int_equal(rg_read_text(tree->fd, "pipe", 10, &text, NULL), 0);
	assert_string_equal(text, "");
	free(text);
}

/* One interruption is no failure (see faults.c); if there is no end of them, it is. */
static void test_interrupted_for_ever(void **state)
{
	const struct tree *tree = *state;
	char byte, *text;
	int fd;

	tree_write(tree, "file", "x");
	fd = rg_open_beneath(tree->fd, "file", O_RDONLY);
	assert_true(fd >= 0);
	fault_arm(CALL_PREAD, 0, EINTR, true);
	assert_int_equal(rg_read_start(fd, &byte, 1), -EINTR);
	fault_disarm();
	close(fd);
	fault_arm(CALL_READ, 0, EINTR, true);
	assert_int_equal(rg_read_text(tree->fd, "file", 10, &text, NULL), -EINTR);
	fault_disarm();
	fault_arm(CALL_WRITE, 0, EINTR, true);
	assert_int_equal(rg_write_text(tree->fd, "file", "y", 1), -EINTR);
	fault_disarm();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open_beneath, setup, teardown),
		cmocka_unit_test_setup_teardown(test_open_without_openat2, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dir, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pipe, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted_for_ever, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
