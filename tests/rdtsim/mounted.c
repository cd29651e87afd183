/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program sees of a mounted simulator, errno by errno. Runs below "rdtsim run --debug --frozen",
 * and as root. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TOTAL0 "mon_data/mon_L3_00/mbm_total_bytes"
#define FUSE_MAGIC 0x65735546

static char buffer[8192];

/* The number, or the negative errno. */
static long result(long value)
{
	return value < 0 ? -errno : value;
}

static int open_at(int dir, const char *path, int flags)
{
	return (int)result(openat(dir, path, flags | O_CLOEXEC));
}

static int get_dir(const char *path)
{
	int fd = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);

	assert_true(fd >= 0);
	return fd;
}

static long reread(int fd)
{
	long n = result(pread(fd, buffer, sizeof(buffer) - 1, 0));

	buffer[n > 0 ? n : 0] = '\0';
	return n;
}

static const char *text_of(const char *path)
{
	int fd = open_at(AT_FDCWD, path, O_RDONLY);

	assert_true(fd >= 0);
	assert_true(reread(fd) >= 0);
	close(fd);
	return buffer;
}

static long put(const char *path, const char *text, size_t len)
{
	int fd = open_at(AT_FDCWD, path, O_WRONLY | O_TRUNC);
	long n;

	if (fd < 0)
		return fd;
	n = result(write(fd, text, len));
	close(fd);
	return n;
}

static void control(const char *line)
{
	assert_int_equal(put(".rdtsim", line, strlen(line)), strlen(line));
}

static int close_all(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_return_code(close(fds[i]), errno);
	return 0;
}

/* A group with a MON group, and open fds of what is in it. */
enum { GROUP, MON_GROUPS, MON_DATA, DOMAIN, EVENT, TASKS, CHILD, CHILD_EVENT, PATH_ONLY, N_FDS };

static void open_group(int fds[N_FDS])
{
	static const char *const paths[N_FDS] = {
		"g",	     "g/mon_groups", "g/mon_data",     "g/mon_data/mon_L3_00",
		"g/" TOTAL0, "g/tasks",	     "g/mon_groups/m", "g/mon_groups/m/" TOTAL0,
		"g",
	};

	assert_return_code(mkdir("g", 0755), errno);
	assert_return_code(mkdir("g/mon_groups/m", 0755), errno);
	for (int i = 0; i < N_FDS; i++) {
		fds[i] = open_at(AT_FDCWD, paths[i], i == PATH_ONLY ? O_PATH : O_RDONLY);
		assert_true(fds[i] >= 0);
	}
}

static nlink_t nlink_of(int fd)
{
	struct stat st;

	assert_return_code(fstat(fd, &st), errno);
	return st.st_nlink;
}

static long list_raw(int fd)
{
	assert_return_code(lseek(fd, 0, SEEK_SET), errno);
	return result(syscall(SYS_getdents64, fd, buffer, sizeof(buffer)));
}

static void check_dead(const int fds[N_FDS])
{
	static const int dirs[] = {GROUP, MON_GROUPS, MON_DATA, CHILD};
	int fd;

	assert_int_equal(reread(fds[EVENT]), -ENODEV);
	assert_int_equal(reread(fds[CHILD_EVENT]), -ENODEV);
	assert_int_equal(reread(fds[TASKS]), -ENODEV);
	assert_int_equal(open_at(fds[GROUP], "tasks", O_RDONLY), -ENOENT);
	assert_int_equal(open_at(fds[PATH_ONLY], "tasks", O_RDONLY), -ENOENT);
	assert_int_equal(open_at(fds[DOMAIN], "mbm_total_bytes", O_RDONLY), -ENOENT);
	assert_int_equal(open_at(fds[GROUP], "mon_data", O_RDONLY), -ENOENT);
	assert_int_equal(result(faccessat(fds[GROUP], "tasks", F_OK, 0)), -ENOENT);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		fd = open_at(fds[dirs[i]], ".", O_RDONLY | O_DIRECTORY);
		assert_true(fd >= 0);
		close(fd);
	}
	assert_int_equal(list_raw(fds[GROUP]), -ENOENT);
	/* "." and ".." of what was below it. */
	assert_int_equal(list_raw(fds[MON_DATA]), 48);
	assert_int_equal(result(mkdirat(fds[GROUP], "x", 0755)), -ENOENT);
	assert_int_equal(result(mkdirat(fds[MON_GROUPS], "x", 0755)), -ENODEV);
	assert_int_equal(result(fchmod(fds[GROUP], 0700)), 0);
}

static void test_removed(void **state)
{
	int fds[N_FDS];

	(void)state;
	for (int round = 0; round < 3; round++) {
		control(round == 2 ? "nlink keep" : "nlink zero");
		open_group(fds);
		assert_true(reread(fds[EVENT]) > 0);
		assert_int_equal(nlink_of(fds[EVENT]), 1);
		if (round == 0)
			assert_return_code(rmdir("g"), errno);
		else
			control("kill g");
		check_dead(fds);
		assert_int_equal(nlink_of(fds[GROUP]) != 0, round == 2);
		assert_int_equal(nlink_of(fds[EVENT]) != 0, round == 2);
		/* Another group of the same name is another group. */
		assert_return_code(mkdir("g", 0755), errno);
		check_dead(fds);
		assert_return_code(rmdir("g"), errno);
		close_all(fds, N_FDS);
	}
	control("nlink zero");
}

static void test_numbers(void **state)
{
	struct stat before, after, root;

	(void)state;
	assert_return_code(stat(".", &root), errno);
	assert_int_equal(root.st_ino, 1);
	assert_int_equal(root.st_mode, S_IFDIR | 0555);
	assert_return_code(mkdir("g", 0755), errno);
	assert_return_code(stat("g", &before), errno);
	assert_return_code(rmdir("g"), errno);
	assert_return_code(mkdir("g", 0755), errno);
	assert_return_code(stat("g", &after), errno);
	assert_true(after.st_ino > before.st_ino);
	assert_return_code(stat("g/tasks", &after), errno);
	assert_int_equal(after.st_size, 0);
	assert_return_code(rmdir("g"), errno);
}

static void test_listing(void **state)
{
	bool control_file = false;
	const struct dirent *entry;
	DIR *dir = opendir(".");
	struct stat st;
	int count = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.') {
			control_file |= !strcmp(entry->d_name, ".rdtsim");
			continue;
		}
		assert_return_code(stat(entry->d_name, &st), errno);
		assert_int_equal(entry->d_ino, st.st_ino);
		assert_int_equal(entry->d_type, S_ISDIR(st.st_mode) ? DT_DIR : DT_REG);
		count++;
	}
	closedir(dir);
	assert_false(control_file);
	assert_int_equal(count, 11);
	assert_int_equal(access(".rdtsim", F_OK), 0);
}

static void test_renamed(void **state)
{
	int fds[N_FDS];
	char name[1001];

	(void)state;
	open_group(fds);
	control("set g/mon_groups/m mon_L3_00 mbm_total_bytes 5");
	assert_return_code(rename("g/mon_groups/m", "mon_groups/n\nn"), errno);
	assert_int_equal(reread(fds[CHILD_EVENT]), 2);
	assert_string_equal(buffer, "5\n");
	assert_true(open_at(AT_FDCWD, "g/mon_groups/m", O_RDONLY) == -ENOENT);
	assert_int_equal(faccessat(fds[CHILD], "tasks", F_OK, 0), 0);
	memset(name, 'x', 1000);
	name[1000] = '\0';
	assert_int_equal(
		renameat2(AT_FDCWD, "mon_groups/n\nn", AT_FDCWD, "mon_groups/k", RENAME_NOREPLACE),
		-1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(result(rename("g", "h")), -EPERM);
	assert_int_equal(result(rename("mon_groups/n\nn", "h")), -EPERM);
	assert_return_code(rmdir("mon_groups/n\nn"), errno);
	assert_return_code(mkdir(name, 0755), errno);
	assert_return_code(access(name, F_OK), errno);
	assert_return_code(rmdir(name), errno);
	assert_return_code(rmdir("g"), errno);
	close_all(fds, N_FDS);
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(result(mkdir("info/x", 0755)), -ENODEV);
	assert_int_equal(result(mkdir("mon_data/x", 0755)), -EPERM);
	assert_int_equal(result(mkdir("a\nb", 0755)), -EINVAL);
	assert_int_equal(result(mkdir("mon_groups/mon_groups", 0755)), -EPERM);
	assert_int_equal(result(mkdir("tasks", 0755)), -EEXIST);
	assert_int_equal(result(rmdir("info")), -EPERM);
	assert_int_equal(result(rmdir("mon_data")), -EPERM);
	assert_int_equal(result(rmdir(getenv("RDTSIM_ROOT"))), -EBUSY);
	assert_int_equal(result(unlink("tasks")), -EPERM);
	assert_int_equal(result(symlink("a", "b")), -EPERM);
	assert_int_equal(result(link("tasks", "b")), -EPERM);
	assert_int_equal(open_at(AT_FDCWD, "new", O_CREAT | O_WRONLY), -EACCES);
	assert_int_equal(open_at(AT_FDCWD, TOTAL0, O_RDWR), -EACCES);
	assert_int_equal(result(truncate("tasks", 5)), 0);
	assert_int_equal(put("tasks", "0", 1), 1);
	memset(buffer, '1', 4097);
	assert_int_equal(put("tasks", buffer, 4097), -E2BIG);
	assert_int_equal(put("schemata", "L3:0=1", 6), -EINVAL);
}

static void test_reads(void **state)
{
	struct pollfd poll_fd = {.events = POLLIN};
	int fd = open_at(AT_FDCWD, TOTAL0, O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	control("set / mon_L3_00 mbm_total_bytes 123456");
	assert_int_equal(reread(fd), 7);
	/* The rest of what was read at 0, whatever is true now; the end; and a new look. */
	assert_int_equal(pread(fd, buffer, 3, 0), 3);
	control("set / mon_L3_00 mbm_total_bytes 999999");
	assert_int_equal(pread(fd, buffer, 10, 3), 4);
	assert_memory_equal(buffer, "456\n", 4);
	assert_int_equal(pread(fd, buffer, 10, 7), 0);
	assert_int_equal(reread(fd), 7);
	assert_string_equal(buffer, "999999\n");
	/* More than one request to the simulator holds. */
	control("text-size / mon_L3_00 mbm_total_bytes 1048576");
	assert_return_code(lseek(fd, 0, SEEK_SET), errno);
	{
		char *big = malloc(2 << 20);
		size_t len = 0;
		ssize_t n;

		assert_non_null(big);
		while ((n = read(fd, big + len, (2 << 20) - len)) > 0)
			len += (size_t)n;
		assert_int_equal(len, 1048577);
		free(big);
	}
	control("text / mon_L3_00 mbm_total_bytes");
	assert_int_equal(reread(fd), 0);
	control("text / mon_L3_00 mbm_total_bytes -");
	control("errno / mon_L3_00 mbm_total_bytes EIO");
	assert_int_equal(reread(fd), -EIO);
	control("errno / mon_L3_00 mbm_total_bytes -");
	poll_fd.fd = fd;
	assert_int_equal(poll(&poll_fd, 1, 0), 1);
	assert_int_equal(poll_fd.revents, POLLIN);
	control("offline L3 0");
	assert_int_equal(poll(&poll_fd, 1, 0), 1);
	assert_true(poll_fd.revents & POLLERR);
	assert_int_equal(reread(fd), -ENODEV);
	close(fd);
	control("online L3 0");
	assert_string_equal(text_of(TOTAL0), "0\n");
}

static void test_offline_dirs(void **state)
{
	int dir = get_dir("mon_data/mon_L3_01"), again;
	struct stat before, after;

	(void)state;
	assert_return_code(fstat(dir, &before), errno);
	control("offline L3 1");
	assert_int_equal(access("mon_data/mon_L3_01", F_OK), -1);
	assert_int_equal(list_raw(dir), 48);
	assert_int_equal(open_at(dir, "mbm_total_bytes", O_RDONLY), -ENOENT);
	control("online L3 1");
	again = get_dir("mon_data/mon_L3_01");
	assert_return_code(fstat(again, &after), errno);
	assert_true(after.st_ino > before.st_ino);
	assert_int_equal(open_at(dir, "mbm_total_bytes", O_RDONLY), -ENOENT);
	close(dir);
	close(again);
}

static void test_status_text(void **state)
{
	(void)state;
	control("rmids 1");
	assert_int_equal(result(mkdir("g", 0755)), -ENOSPC);
	assert_string_equal(text_of("info/last_cmd_status"), "Out of RMIDs\n");
	/* A failure that the kernel's resctrl does not get to see leaves it alone. */
	assert_int_equal(result(mkdir("tasks", 0755)), -EEXIST);
	assert_string_equal(text_of("info/last_cmd_status"), "Out of RMIDs\n");
	text_of(TOTAL0);
	assert_string_equal(text_of("info/last_cmd_status"), "ok\n");
	control("rmids 224");
}

static void test_modes(void **state)
{
	mode_t old_mask = umask(077);
	struct stat st;

	(void)state;
	assert_return_code(mkdir("g", 0777), errno);
	umask(old_mask);
	assert_return_code(stat("g/mon_data/mon_L3_00", &st), errno);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	assert_return_code(stat("g/schemata", &st), errno);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
	/* They last as long as the node, not as long as somebody looks. */
	assert_return_code(chown("g", 1000, 1001), errno);
	assert_return_code(chmod("g/tasks", 0640), errno);
	assert_return_code(stat("g", &st), errno);
	assert_int_equal(st.st_uid, 1000);
	assert_int_equal(st.st_gid, 1001);
	assert_return_code(stat("g/tasks", &st), errno);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_return_code(chmod("g/tasks", 0), errno);
	assert_int_equal(open_at(AT_FDCWD, "g/tasks", O_RDONLY), -EACCES);
	assert_return_code(rmdir("g"), errno);
}

/* What a user may do who is not root: the exit status is the number of the first that is wrong. */
static int as_user(pid_t of_root)
{
	char text[32];

	if (setgid(1000) || setuid(1000))
		return 1;
	if (open_at(AT_FDCWD, TOTAL0, O_RDONLY) < 0)
		return 2;
	if (result(mkdir("g", 0755)) != -EACCES)
		return 3;
	if (open_at(AT_FDCWD, ".rdtsim", O_RDONLY) != -EACCES)
		return 4;
	if (result(mkdir("mon_groups/mine", 0755)))
		return 5;
	/* Its own thread, not another's. */
	if (put("mon_groups/mine/tasks", "0", 1) != 1)
		return 6;
	snprintf(text, sizeof(text), "%d", (int)of_root);
	if (put("mon_groups/mine/tasks", text, strlen(text)) != -EPERM)
		return 7;
	if (strtol(text_of("mon_groups/mine/tasks"), NULL, 10) != getpid())
		return 8;
	return result(rmdir("mon_groups/mine")) ? 9 : 0;
}

static void test_user(void **state)
{
	pid_t pid, self = getpid();
	int status;

	(void)state;
	assert_return_code(chown("mon_groups", 1000, 1000), errno);
	assert_return_code(chmod("mon_groups", 0755), errno);
	pid = fork();
	if (!pid)
		_exit(as_user(self));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_return_code(chown("mon_groups", 0, 0), errno);
	assert_return_code(chmod("mon_groups", 0555), errno);
}

/* Whether a thread is in a tasks file. */
static bool lists(const char *path, pid_t tid)
{
	FILE *file = fopen(path, "re");
	bool found = false;
	int entry;

	assert_non_null(file);
	while (fscanf(file, "%d", &entry) == 1)
		found |= entry == tid;
	fclose(file);
	return found;
}

static void *move_me(void *ret_tid)
{
	*(pid_t *)ret_tid = gettid();
	return (void *)(intptr_t)put("g/tasks", "0", 1);
}

static void test_threads(void **state)
{
	pthread_t thread;
	void *written;
	pid_t tid;

	(void)state;
	assert_return_code(mkdir("g", 0755), errno);
	assert_true(lists("tasks", gettid()));
	assert_int_equal(put("g/tasks", "0\n", 2), 2);
	assert_true(lists("g/tasks", gettid()));
	assert_false(lists("tasks", gettid()));
	/* 0 is the thread, not its process. */
	assert_int_equal(put("tasks", "0", 1), 1);
	assert_int_equal(pthread_create(&thread, NULL, move_me, &tid), 0);
	pthread_join(thread, &written);
	assert_int_equal((intptr_t)written, 1);
	assert_false(lists("g/tasks", gettid()));
	/* That one has ended. */
	assert_string_equal(text_of("g/tasks"), "");
	assert_int_equal(put("g/tasks", "2147483647", 10), -ESRCH);
	assert_return_code(rmdir("g"), errno);
}

/* A thread that reads once. */
struct reader {
	pthread_t thread;
	_Atomic pid_t tid;
	int fd;
	long result;
};

static void *read_once(void *data)
{
	struct reader *reader = data;
	char text[64];

	reader->tid = gettid();
	reader->result = result(pread(reader->fd, text, sizeof(text), 0));
	return NULL;
}

/* Until the kernel has it in pread(). */
static void wait_reading(struct reader *reader)
{
	int number = -1;

	while (number != SYS_pread64) {
		char path[64];
		FILE *file;

		sched_yield();
		snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", (int)reader->tid);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fscanf(file, "%d", &number) != 1)
			number = -1;
		fclose(file);
	}
}

/* The first one is at it and the second waits for the lock when the group goes. */
static bool kill_under_readers(void)
{
	struct reader readers[2] = {0};
	bool all = true;

	assert_return_code(mkdir("g", 0755), errno);
	control("slow 200000");
	for (int i = 0; i < 2; i++) {
		readers[i].fd = open_at(AT_FDCWD, "g/" TOTAL0, O_RDONLY);
		assert_true(readers[i].fd >= 0);
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_once, &readers[i]),
				 0);
		wait_reading(&readers[i]);
	}
	control("kill g");
	control("slow 0");
	for (int i = 0; i < 2; i++) {
		pthread_join(readers[i].thread, NULL);
		if (readers[i].result != -ENOENT)
			all = false;
		assert_int_equal(reread(readers[i].fd), -ENODEV);
		close(readers[i].fd);
	}
	return all;
}

/* Readers that wait for the lock when the group goes are told otherwise than those who come later.
 * That they are in pread() does not say that the simulator has heard of it: it may take some tries. */
static void test_killed_while_waiting(void **state)
{
	int tries;

	(void)state;
	for (tries = 1; tries <= 20 && !kill_under_readers(); tries++)
		;
	assert_in_range(tries, 1, 20);
}

static void test_filesystem(void **state)
{
	int dir = get_dir(".");
	struct statfs fs;

	(void)state;
	assert_return_code(fstatfs(dir, &fs), errno);
	/* Not resctrl's: whoever looks at it knows. */
	assert_int_equal(fs.f_type, FUSE_MAGIC);
	assert_int_equal(fs.f_namelen, 255);
	assert_return_code(flock(dir, LOCK_EX | LOCK_NB), errno);
	close(dir);
}

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),	     cmocka_unit_test(test_listing),
		cmocka_unit_test(test_removed),	     cmocka_unit_test(test_renamed),
		cmocka_unit_test(test_refused),	     cmocka_unit_test(test_reads),
		cmocka_unit_test(test_offline_dirs), cmocka_unit_test(test_status_text),
		cmocka_unit_test(test_modes),	     cmocka_unit_test(test_user),
		cmocka_unit_test(test_threads),	     cmocka_unit_test(test_killed_while_waiting),
		cmocka_unit_test(test_filesystem),
	};
	const char *root = getenv("RDTSIM_ROOT");
	int fds, failed;

	if (!root || chdir(root) || access(".rdtsim", F_OK)) {
		fputs("RDTSIM_ROOT is no simulator: run below rdtsim run\n", stderr);
		return 1;
	}
	if (geteuid() != 0) {
		puts("1..0 # SKIP not root");
		return 0;
	}
	fds = count_fds();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (count_fds() != fds) {
		fputs("file descriptors were left open\n", stderr);
		failed++;
	}
	return failed != 0;
}
