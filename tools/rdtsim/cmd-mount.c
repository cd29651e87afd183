/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rdtsim mount: in the background, or in the foreground. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"

enum {
	OPT_FOREGROUND = 512,
	OPT_PID_FILE,
};

struct mount_options {
	struct server_options server;
	bool foreground;
	const char *pid_file;
	char mountpoint[PATH_MAX];
	char pid_path[PATH_MAX];
};

static int parse(int argc, char **argv, struct mount_options *options)
{
	static const struct option long_options[] = {
		SERVER_LONG_OPTIONS,
		{"foreground", no_argument, NULL, OPT_FOREGROUND},
		{"pid-file", required_argument, NULL, OPT_PID_FILE},
		{0},
	};
	int option, r;

	optind = 1;
	while ((option = getopt_long(argc, argv, SERVER_SHORT_OPTIONS, long_options, NULL)) != -1) {
		switch (option) {
		case OPT_FOREGROUND:
			options->foreground = true;
			break;
		case OPT_PID_FILE:
			options->pid_file = optarg;
			break;
		default:
			r = server_option(&options->server, option, optarg);
			if (r)
				return r;
		}
	}
	if (argc - optind != 1) {
		fputs("rdtsim: mount needs one mount point\n", stderr);
		return usage_error();
	}
	return 0;
}

static int check_mountpoint(const char *path, char resolved[static PATH_MAX])
{
	char control[PATH_MAX + 16];
	struct stat st;

	if (!realpath(path, resolved) || stat(resolved, &st)) {
		server_print_error(path);
		return EXIT_FAILURE;
	}
	if (!S_ISDIR(st.st_mode)) {
		fprintf(stderr, "rdtsim: %s: %s\n", path, strerror(ENOTDIR));
		return EXIT_FAILURE;
	}
	snprintf(control, sizeof(control), "%s/.rdtsim", resolved);
	if (!stat(control, &st)) {
		fprintf(stderr, "rdtsim: %s: a simulator is mounted there already\n", path);
		return EXIT_FAILURE;
	}
	return 0;
}

/* Absolute, because the simulator leaves the working directory. The file is made now, so that it
 * fails now. */
static int prepare_pid_file(struct mount_options *options)
{
	char directory[PATH_MAX] = "";
	int fd;

	if (!options->pid_file)
		return 0;
	fd = open(options->pid_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd >= 0)
		close(fd);
	if (fd < 0 || (*options->pid_file != '/' && !getcwd(directory, sizeof(directory)))) {
		fprintf(stderr, "rdtsim: %s: %s\n", options->pid_file, strerror(errno));
		return EXIT_FAILURE;
	}
	if (snprintf(options->pid_path, sizeof(options->pid_path), "%s%s%s", directory,
		     *directory ? "/" : "", options->pid_file) >= (int)sizeof(options->pid_path)) {
		fprintf(stderr, "rdtsim: %s: %s\n", options->pid_file, strerror(ENAMETOOLONG));
		return EXIT_FAILURE;
	}
	return 0;
}

static int write_pid_file(const char *path)
{
	FILE *file;
	bool failed;

	if (!*path)
		return 0;
	file = fopen(path, "we");
	failed = !file || fprintf(file, "%d\n", (int)getpid()) < 0;
	if (file && fclose(file))
		failed = true;
	if (failed)
		fprintf(stderr, "rdtsim: %s: %s\n", path, strerror(errno));
	return failed ? EXIT_FAILURE : 0;
}

static int serve(const struct mount_options *options, int ready_fd)
{
	int status = write_pid_file(options->pid_path);

	if (!status)
		status = server_run(&options->server, ready_fd);
	if (*options->pid_path)
		unlink(options->pid_path);
	return status;
}

/* Without a terminal, a working directory, or a parent. stderr stays until the mount is known to
 * work: the parent copies nothing, the words go where the caller's go. */
static int background(const struct mount_options *options)
{
	int ready[2];
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC)) {
		fprintf(stderr, "rdtsim: pipe: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	pid = fork();
	if (pid < 0) {
		fprintf(stderr, "rdtsim: fork: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	if (!pid) {
		close(ready[0]);
		setsid();
		if (chdir("/"))
			_exit(EXIT_FAILURE);
		exit(serve(options, ready[1]));
	}
	close(ready[1]);
	if (server_wait_ready(options->server.mountpoint, ready[0]))
		return EXIT_SUCCESS;
	/* It has said why. */
	waitpid(pid, NULL, 0);
	return EXIT_FAILURE;
}

int cmd_mount(int argc, char **argv)
{
	struct mount_options options = {.server = SERVER_OPTIONS_INIT};
	int r;

	r = parse(argc, argv, &options);
	if (!r)
		r = check_mountpoint(argv[optind], options.mountpoint);
	if (!r)
		r = prepare_pid_file(&options);
	if (r)
		return r;
	options.server.mountpoint = options.mountpoint;
	return options.foreground ? serve(&options, -1) : background(&options);
}
