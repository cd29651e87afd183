/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace ROOT < operations: carries out file operations on a resctrl tree, the kernel's or rdtsim's, and
 * prints what came of each: result or errno, the shape of what was read, mode and link count, whether
 * an inode is another one. Run on both, the two traces have to be equal, so nothing is printed that
 * differs from machine to machine: numbers become N, lists of tasks a word, inode numbers a comparison.
 *
 * One operation a line, words separated by blanks, # begins a comment. In a word \n is a newline, \s a
 * blank, \xHH a byte, and %N{c} stands for N times the character c. Paths are from ROOT.
 *
 *   mkdir PATH [MODE]      rmdir PATH           unlink PATH        rename OLD NEW [FLAGS]
 *   symlink PATH           link OLD NEW         create PATH        chmod PATH MODE
 *   truncate PATH          chown PATH UID GID   umask MODE
 *   read PATH              write PATH TEXT      ls PATH            stat PATH
 *   open H PATH FLAGS      openat H H2 PATH FLAGS                  close H
 *   pread H [OFFSET]       hwrite H TEXT        hstat H            hls H
 *   hmkdir H PATH          same H PATH          (is it the inode that H has open?)
 *   self PATH              (move the tracer itself into the group)
 *   offline ID             online ID            (the L3 domain, by its CPUs)
 *   status GROUP DOMAIN EVENT ok|error|unavailable
 *   echo TEXT...
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "live.h"

#define WORDS_MAX 16
#define HANDLES_MAX 32
#define TEXT_MAX 65536

static struct {
	char name[16];
	int fd;
} handles[HANDLES_MAX];

static void die(const char *what, const char *object)
{
	fprintf(stderr, "trace: %s: %s\n", object, what);
	exit(2);
}

static int *find_handle(const char *name, bool make)
{
	for (size_t i = 0; i < HANDLES_MAX; i++)
		if (!strcmp(handles[i].name, name))
			return &handles[i].fd;
	for (size_t i = 0; make && i < HANDLES_MAX; i++)
		if (!handles[i].name[0]) {
			snprintf(handles[i].name, sizeof(handles[i].name), "%s", name);
			handles[i].fd = -1;
			return &handles[i].fd;
		}
	die("no such handle", name);
	return NULL;
}

/* Bytes that would break a line are written as in C. */
static void print_text(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n')
			fputs("\\n", stdout);
		else if (c < ' ' || c >= 0x7f)
			printf("\\x%02x", c);
		else
			putchar(c);
	}
}

/* A name that is long because that is its purpose is told by its length. */
static void print_name(const char *name)
{
	size_t length = strlen(name);

	if (length > 64)
		printf("<%zu bytes>", length);
	else
		print_text(name, length);
}

static void print_result(long result)
{
	if (result < 0)
		printf(" = %s", strerrorname_np(errno));
	else
		printf(" = ok");
}

static bool is_tid_list(const char *text, ssize_t length)
{
	for (ssize_t i = 0; i < length; i++)
		if (!isdigit((unsigned char)text[i]) && text[i] != '\n')
			return false;
	return length > 0 && memchr(text, '\n', (size_t)length - 1);
}

/*
 * The end of the number that begins here, or here if none does. Masks behind "=" are hexadecimal, but a
 * lone "e" is how a counter is assigned.
 */
static ssize_t number_end(const char *text, ssize_t at, ssize_t length)
{
	bool hex = at > 0 && text[at - 1] == '=';

	if (at > 0 && (isalnum((unsigned char)text[at - 1]) || text[at - 1] == '_'))
		return at;
	if (hex && text[at] == 'e' && (at + 1 == length || !isxdigit((unsigned char)text[at + 1])))
		return at;
	while (at < length &&
	       (hex ? isxdigit((unsigned char)text[at]) : isdigit((unsigned char)text[at])))
		at++;
	return at;
}

/* What was read: numbers as N, everything else to the letter. */
static void print_shape(const char *text, ssize_t length)
{
	if (length < 0) {
		print_result(-1);
		return;
	}
	fputs(" = \"", stdout);
	if (is_tid_list(text, length)) {
		fputs("<ids>", stdout);
		length = 0;
	}
	for (ssize_t at = 0, end; at < length; at = end) {
		end = number_end(text, at, length);
		if (end > at)
			putchar('N');
		else if (text[end] != ' ' ||
			 (at > 0 && text[at - 1] != '\n' && text[at - 1] != ' '))
			print_text(text + end++, 1);
		else
			end++; /* how far names are indented depends on the CPU's features (CDP) */
	}
	putchar('"');
}

static ssize_t read_all(int fd, char *text)
{
	ssize_t length = 0, n;

	while ((n = read(fd, text + length, TEXT_MAX - (size_t)length)) > 0)
		length += n;
	return n < 0 ? n : length;
}

static void print_stat(const struct stat *st)
{
	printf(" = %s %04o nlink %lu owner %u:%u size %ld",
	       S_ISDIR(st->st_mode) ? "directory" : "file", st->st_mode & 07777U,
	       (unsigned long)st->st_nlink, st->st_uid, st->st_gid, (long)st->st_size);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lists by getdents64 itself: readdir() would hide what a removed directory answers. */
static void print_list(int fd)
{
	static char buffer[TEXT_MAX];
	char *names[1024];
	size_t count = 0;
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	while ((n = getdents64(fd, buffer, sizeof(buffer))) > 0)
		for (ssize_t at = 0; at < n && count < 1024;) {
			struct dirent64 *d = (struct dirent64 *)(buffer + at);
			const char *kind = d->d_type == DT_DIR	 ? "/"
					   : d->d_type == DT_REG ? ""
								 : "?";

			if (strcmp(d->d_name, ".") && strcmp(d->d_name, "..") &&
			    asprintf(&names[count], "%s%s", d->d_name, kind) >= 0)
				count++;
			at += d->d_reclen;
		}
	if (n < 0) {
		print_result(-1);
	} else {
		qsort(names, count, sizeof(*names), by_name);
		fputs(" =", stdout);
		for (size_t i = 0; i < count; i++) {
			putchar(' ');
			print_name(names[i]);
		}
	}
	while (count)
		free(names[--count]);
}

static int flags_of(const char *word)
{
	static const struct {
		const char *name;
		int flags;
	} known[] = {
		{"r", O_RDONLY},
		{"w", O_WRONLY},
		{"rw", O_RDWR},
		{"dir", O_RDONLY | O_DIRECTORY},
		{"path", O_PATH},
		{"trunc", O_WRONLY | O_TRUNC},
		{"append", O_WRONLY | O_APPEND},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(word, known[i].name))
			return known[i].flags | O_CLOEXEC;
	die("no such open flags", word);
	return 0;
}

static void expand(char *word)
{
	char *from = word, *to = word;
	static char text[TEXT_MAX];

	for (to = text; *from && to < text + sizeof(text) - 1;) {
		unsigned int count;
		char c;
		int used;

		if (sscanf(from, "%%%u{%c}%n", &count, &c, &used) == 2) {
			while (count-- && to < text + sizeof(text) - 1)
				*to++ = c;
			from += used;
		} else if (from[0] == '\\' && from[1] == 'n') {
			*to++ = '\n';
			from += 2;
		} else if (from[0] == '\\' && from[1] == 's') {
			*to++ = ' ';
			from += 2;
		} else if (from[0] == '\\' && from[1] == 'x') {
			unsigned int byte = 0;

			sscanf(from + 2, "%2x", &byte);
			*to++ = (char)byte;
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	strcpy(word, text);
}

static mode_t mode_of(const char *word)
{
	return (mode_t)strtoul(word, NULL, 8);
}

/* The operations on paths that just succeed or fail. Returns false if it is none of them. */
static bool change(char **w, int words)
{
	long result;

	if (!strcmp(w[0], "mkdir"))
		result = mkdirat(live.root_fd, w[1], words > 2 ? mode_of(w[2]) : 0755);
	else if (!strcmp(w[0], "rmdir"))
		result = unlinkat(live.root_fd, w[1], AT_REMOVEDIR);
	else if (!strcmp(w[0], "unlink"))
		result = unlinkat(live.root_fd, w[1], 0);
	else if (!strcmp(w[0], "rename"))
		result = syscall(SYS_renameat2, live.root_fd, w[1], live.root_fd, w[2],
				 words > 3 ? strtoul(w[3], NULL, 0) : 0UL);
	else if (!strcmp(w[0], "symlink"))
		result = symlinkat("target", live.root_fd, w[1]);
	else if (!strcmp(w[0], "link"))
		result = linkat(live.root_fd, w[1], live.root_fd, w[2], 0);
	else if (!strcmp(w[0], "chmod"))
		result = fchmodat(live.root_fd, w[1], mode_of(w[2]), 0);
	else if (!strcmp(w[0], "chown"))
		result = fchownat(live.root_fd, w[1], (uid_t)atoi(w[2]), (gid_t)atoi(w[3]), 0);
	else
		return false;
	print_result(result);
	return true;
}

/* Operations on a path that open it. */
static bool by_path(char **w)
{
	static char text[TEXT_MAX];
	bool is_write = !strcmp(w[0], "write"), is_self = !strcmp(w[0], "self");
	int flags, fd;
	struct stat st;

	if (!strcmp(w[0], "stat")) {
		if (fstatat(live.root_fd, w[1], &st, AT_SYMLINK_NOFOLLOW) < 0)
			print_result(-1);
		else
			print_stat(&st);
		return true;
	}
	if (!strcmp(w[0], "read"))
		flags = O_RDONLY;
	else if (!strcmp(w[0], "ls"))
		flags = O_RDONLY | O_DIRECTORY;
	else if (is_write || is_self)
		flags = O_WRONLY;
	else if (!strcmp(w[0], "truncate"))
		flags = O_WRONLY | O_TRUNC;
	else if (!strcmp(w[0], "create"))
		flags = O_WRONLY | O_CREAT | O_EXCL;
	else
		return false;

	fd = openat(live.root_fd, w[1], flags | O_CLOEXEC, 0644);
	if (fd < 0) {
		printf(" open");
		print_result(-1);
		return true;
	}
	if (!strcmp(w[0], "read")) {
		ssize_t n = read_all(fd, text);

		print_shape(text, n);
	} else if (!strcmp(w[0], "ls")) {
		print_list(fd);
	} else if (is_write) {
		print_result(write(fd, w[2], strlen(w[2])));
	} else if (is_self) {
		int length = snprintf(text, sizeof(text), "%d\n", (int)getpid());

		print_result(write(fd, text, (size_t)length));
	} else {
		print_result(0);
	}
	close(fd);
	return true;
}

static bool by_handle(char **w, int words)
{
	static char text[TEXT_MAX];
	struct stat a, b;
	int *fd;

	if (!strcmp(w[0], "open")) {
		fd = find_handle(w[1], true);
		*fd = openat(live.root_fd, w[2], flags_of(w[3]));
		print_result(*fd);
	} else if (!strcmp(w[0], "openat")) {
		fd = find_handle(w[1], true);
		*fd = openat(*find_handle(w[2], false), w[3], flags_of(w[4]));
		print_result(*fd);
	} else if (!strcmp(w[0], "close")) {
		fd = find_handle(w[1], false);
		print_result(close(*fd));
		*fd = -1;
	} else if (!strcmp(w[0], "pread")) {
		ssize_t n = pread(*find_handle(w[1], false), text, sizeof(text),
				  words > 2 ? atol(w[2]) : 0);

		print_shape(text, n);
	} else if (!strcmp(w[0], "hwrite")) {
		print_result(write(*find_handle(w[1], false), w[2], strlen(w[2])));
	} else if (!strcmp(w[0], "hstat")) {
		if (fstat(*find_handle(w[1], false), &a) < 0)
			print_result(-1);
		else
			print_stat(&a);
	} else if (!strcmp(w[0], "hls")) {
		print_list(*find_handle(w[1], false));
	} else if (!strcmp(w[0], "hmkdir")) {
		print_result(mkdirat(*find_handle(w[1], false), w[2], 0755));
	} else if (!strcmp(w[0], "same")) {
		if (fstat(*find_handle(w[1], false), &a) < 0 ||
		    fstatat(live.root_fd, w[2], &b, AT_SYMLINK_NOFOLLOW) < 0)
			print_result(-1);
		else
			printf(" = %s", a.st_ino == b.st_ino ? "same" : "another");
	} else {
		return false;
	}
	return true;
}

/* What moves the hardware below the tree. */
static bool hardware(char **w)
{
	bool good;

	if (!strcmp(w[0], "offline"))
		good = live_offline((unsigned int)atoi(w[1]));
	else if (!strcmp(w[0], "online"))
		good = live_online((unsigned int)atoi(w[1]));
	else if (!strcmp(w[0], "status"))
		good = live_status(w[1], w[2], w[3], w[4]);
	else
		return false;
	if (!good)
		die("the hardware does not do that", w[0]);
	return true;
}

static void run(char *line)
{
	char *w[WORDS_MAX], *save = NULL;
	static char copies[WORDS_MAX][TEXT_MAX];
	int words = 0;

	if (line[0] == '#' || line[0] == '\n')
		return;
	for (char *word = strtok_r(line, " \t\n", &save); word && words < WORDS_MAX;
	     word = strtok_r(NULL, " \t\n", &save)) {
		printf("%s%s", words ? " " : "", word);
		snprintf(copies[words], TEXT_MAX, "%s", word);
		expand(copies[words]);
		w[words] = copies[words];
		words++;
	}
	if (!words)
		return;
	for (int i = words; i < WORDS_MAX; i++) {
		copies[i][0] = '\0';
		w[i] = copies[i];
	}
	if (!strcmp(w[0], "umask"))
		umask(mode_of(w[1]));
	else if (strcmp(w[0], "echo") && !change(w, words) && !by_path(w) && !by_handle(w, words) &&
		 !hardware(w))
		die("no such operation", w[0]);
	putchar('\n');
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char *line = NULL;
	struct statfs fs;
	size_t size = 0;

	if (argc != 2)
		die("usage: trace ROOT < operations", "arguments");
	live.root = argv[1];
	live.root_fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (live.root_fd < 0 || fstatfs(live.root_fd, &fs) < 0)
		die(strerror(errno), argv[1]);
	live.simulator = fs.f_type != RDTGROUP_SUPER_MAGIC;
	umask(022);
	while (getline(&line, &size, stdin) >= 0)
		run(line);
	free(line);
	return 0;
}
