/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rdtsim ctl: one command to a mounted simulator, by its control file. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "text.h"

#define EXIT_WAIT_MS 10000

/* Blanks within an argument belong to the word; escapes are the caller's. */
static void add_word(struct text *line, const char *word)
{
	for (; *word; word++) {
		switch (*word) {
		case ' ':
			text_puts(line, "\\s");
			break;
		case '\t':
			text_puts(line, "\\t");
			break;
		case '\n':
			text_puts(line, "\\n");
			break;
		default:
			text_add(line, word, 1);
		}
	}
}

/* The first line of what the file says is about our command. */
static void print_reason(int fd, int error)
{
	char buffer[1024];
	const char *reason = buffer;
	ssize_t n = pread(fd, buffer, sizeof(buffer) - 1, 0);

	buffer[n > 0 ? n : 0] = '\0';
	buffer[strcspn(buffer, "\n")] = '\0';
	if (!strncmp(reason, "error: ", 7))
		reason += 7;
	else
		reason = strerror(error);
	fprintf(stderr, "rdtsim: %s\n", reason);
}

/* "exit" is done when the mount point is another directory again. */
static int wait_unmounted(const char *mountpoint, dev_t dev)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	struct stat st;

	for (int ms = 0; ms < EXIT_WAIT_MS; ms += 10) {
		if (!stat(mountpoint, &st) && st.st_dev != dev)
			return EXIT_SUCCESS;
		nanosleep(&pause, NULL);
	}
	fprintf(stderr, "rdtsim: %s: still mounted\n", mountpoint);
	return EXIT_FAILURE;
}

static int send_line(int fd, const struct text *line)
{
	if (text_error(line)) {
		fprintf(stderr, "rdtsim: %s\n", strerror(ENOMEM));
		return EXIT_FAILURE;
	}
	if (write(fd, line->data, line->len) < 0) {
		print_reason(fd, errno);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

int cmd_ctl(int argc, char **argv)
{
	struct text line = {0};
	char path[PATH_MAX];
	struct stat st;
	int fd, status;

	if (argc > 1 && is_help(argv[1]))
		print_help();
	if (argc < 3) {
		fputs("rdtsim: ctl needs a mount point and a command\n", stderr);
		return usage_error();
	}
	if (snprintf(path, sizeof(path), "%s/.rdtsim", argv[1]) >= (int)sizeof(path)) {
		fprintf(stderr, "rdtsim: %s: %s\n", argv[1], strerror(ENAMETOOLONG));
		return EXIT_FAILURE;
	}
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		if (errno == ENOENT)
			fprintf(stderr, "rdtsim: %s: no simulator is mounted there\n", path);
		else
			server_print_error(argv[1]);
		return EXIT_FAILURE;
	}
	for (int i = 2; i < argc; i++) {
		if (i > 2)
			text_puts(&line, " ");
		add_word(&line, argv[i]);
	}
	status = send_line(fd, &line);
	text_free(&line);
	close(fd);
	if (status == EXIT_SUCCESS && !strcmp(argv[2], "exit"))
		return wait_unmounted(argv[1], st.st_dev);
	return status;
}
