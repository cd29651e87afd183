/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs.h"
#include "model.h"
#include "proc.h"

/* What libfuse has to say, in our name. */
__attribute__((format(printf, 2, 0))) static void log_fuse(enum fuse_log_level level,
							   const char *format, va_list args)
{
	if (level > FUSE_LOG_WARNING)
		return;
	fputs("rdtsim: ", stderr);
	vfprintf(stderr, format, args);
}

static struct fuse_session *new_session(struct fs *fs)
{
	/* Others than the mounter may look, and the kernel checks modes and owners for us. Only root
	 * may let others in without being allowed to by fuse.conf. */
	const char *options = geteuid() == 0 ? "default_permissions,allow_other,fsname=rdtsim"
					     : "default_permissions,fsname=rdtsim";
	char *argv[] = {(char *)(uintptr_t) "rdtsim", (char *)(uintptr_t) "-o",
			(char *)(uintptr_t)options, (char *)(uintptr_t) "-osubtype=rdtsim", NULL};
	struct fuse_args args = FUSE_ARGS_INIT(4, argv);
	struct fuse_session *session;

	session = fuse_session_new(&args, &fs_ops, sizeof(fs_ops), fs);
	fuse_opt_free_args(&args);
	return session;
}

/* In the background from here on: whoever waits for the end of our output must not wait for us. */
static void tell_ready(struct fs *fs, int ready_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
	if (write(ready_fd, "", 1) != 1)
		fuse_session_exit(fs->session);
	close(ready_fd);
}

static struct fuse_session *session_to_end;

/* libfuse's loop looks whether it is to end, and then waits: a signal between the two wakes nobody, so
 * it comes again until the loop has ended. libfuse's own handlers do not do that. */
static void end_session(int signal)
{
	(void)signal;
	fuse_session_exit(session_to_end);
	alarm(1);
}

static void set_signals(struct fuse_session *session)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	struct sigaction action = {.sa_handler = end_session}, old;

	session_to_end = session;
	sigaction(SIGALRM, &action, NULL);
	/* Those that our caller ignores, as nohup does, stay ignored. */
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(signals[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
}

/* The session goes, and nothing is to interrupt the rest. */
static void ignore_signals(void)
{
	static const int signals[] = {SIGALRM, SIGTERM, SIGINT, SIGHUP};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_IGN);
}

static int serve(struct fs *fs, const char *mountpoint, int ready_fd)
{
	struct fuse_loop_config config = {.max_idle_threads = 10};
	int r = -1;

	/* Before mounting: from there on a signal must not end us without unmounting. */
	set_signals(fs->session);
	if (!fuse_session_mount(fs->session, mountpoint)) {
		if (ready_fd >= 0)
			tell_ready(fs, ready_fd);
		r = fuse_session_loop_mt(fs->session, &config);
		fuse_session_unmount(fs->session);
	} else {
		fprintf(stderr, "rdtsim: %s: cannot be mounted on\n", mountpoint);
	}
	ignore_signals();
	return r < 0;
}

int server_run(const struct server_options *options, int ready_fd)
{
	/* Who is not root has no CAP_DAC_OVERRIDE to make groups in a directory of mode 0555 with. */
	struct sim_config config = {
		.scenario = options->scenario,
		.threads = &proc_threads,
		.seed = options->seed,
		.debug = options->debug,
		.frozen = options->frozen,
		.uid = geteuid(),
		.gid = getegid(),
		.dir_mode = geteuid() == 0 ? 0555 : 0755,
	};
	struct fs fs = {
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.slow_lock = PTHREAD_MUTEX_INITIALIZER,
	};
	int r;

	fuse_set_log_func(log_fuse);
	clock_gettime(CLOCK_REALTIME, &config.wall);
	r = sim_model_new(&config, &fs.model);
	if (r) {
		fprintf(stderr, "rdtsim: %s\n", strerror(-r));
		return 1;
	}
	fs.session = new_session(&fs);
	if (fs.session) {
		r = serve(&fs, options->mountpoint, ready_fd);
		fuse_session_destroy(fs.session);
	} else {
		r = 1;
	}
	sim_model_free(fs.model);
	return r;
}

bool server_wait_ready(const char *mountpoint, int ready_fd)
{
	struct stat st;
	char byte;
	ssize_t n;

	do {
		n = read(ready_fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	/* Answered when the server is at work, or failing when it has died. */
	return n == 1 && !stat(mountpoint, &st);
}

/* Is that what a mount answers whose server has died? */
static bool is_dead(int error)
{
	return error == ENOTCONN || error == ECONNABORTED;
}

void server_print_error(const char *mountpoint)
{
	int error = errno;

	fprintf(stderr, "rdtsim: %s: %s\n", mountpoint, strerror(error));
	if (is_dead(error))
		fprintf(stderr,
			"What was mounted there has died. To take it away: 'umount -l %s', or as "
			"another user than root 'fusermount3 -u -z %s'.\n",
			mountpoint, mountpoint);
}

void server_unmount_dead(const char *mountpoint)
{
	struct stat st;

	if (!stat(mountpoint, &st) || !is_dead(errno))
		return;
	if (umount2(mountpoint, MNT_DETACH) && geteuid() != 0) {
		pid_t pid = fork();

		if (!pid) {
			execlp("fusermount3", "fusermount3", "-u", "-z", "-q", "--", mountpoint,
			       (char *)NULL);
			_exit(127);
		}
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
}
