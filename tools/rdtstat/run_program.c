// SPDX-License-Identifier: GPL-2.0-or-later
#include "run_program.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "message.h"
#include "run_signals.h"

/* The statuses that shells give. */
enum {
	EXIT_CANNOT_RUN = 126,
	EXIT_NOT_FOUND = 127,
};

static void be_program(int go_fd, int error_fd, char *const command[])
{
	char byte;
	int error;

	while (read(go_fd, &byte, 1) != 1)
		if (errno != EINTR)
			_exit(EXIT_FAILED);
	run_signals_give_back();
	execvp(command[0], command);
	error = errno;
	/* Should even this fail, the parent takes the end of the pipe for success, and then there is the
	 * status. */
	if (write(error_fd, &error, sizeof(error)) < 0)
		_exit(EXIT_CANNOT_RUN);
	_exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

static void close_if_open(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int run_program_prepare(struct run_program *program, char *const command[])
{
	int go[2] = {-1, -1}, error[2] = {-1, -1};
	int failure = 0;

	*program = (struct run_program){.pid = -1, .pidfd = -1};
	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(error, O_CLOEXEC) < 0) {
		failure = errno;
	} else {
		program->pid = fork();
		if (program->pid < 0)
			failure = errno;
	}
	if (program->pid == 0) {
		/* Its own end must not keep the pipe open when rdtstat dies. */
		close(go[1]);
		close(error[0]);
		be_program(go[0], error[1], command);
	}
	close_if_open(&go[0]);
	close_if_open(&error[1]);
	program->go_fd = go[1];
	program->error_fd = error[0];
	if (!failure) {
		program->pidfd = pidfd_open(program->pid, 0);
		if (program->pidfd < 0)
			failure = errno;
	}
	if (!failure)
		return EXIT_FINE;
	complain("run: no process can be started: %s", strerror(failure));
	run_program_reap(program);
	return EXIT_FAILED;
}

bool run_program_go(struct run_program *program, const char *name)
{
	int error = 0;
	ssize_t length;

	/* Should it have been killed already, that is its status. */
	if (write(program->go_fd, "", 1) != 1)
		return true;
	close_if_open(&program->go_fd);
	do
		length = read(program->error_fd, &error, sizeof(error));
	while (length < 0 && errno == EINTR);
	if (length != sizeof(error))
		return true;
	complain("%s: %s", name, strerror(error));
	run_program_reap(program);
	return false;
}

void run_program_reap(struct run_program *program)
{
	int status;

	/* One that still waits to be let go now sees that it never will. */
	close_if_open(&program->go_fd);
	close_if_open(&program->error_fd);
	close_if_open(&program->pidfd);
	if (program->pid <= 0)
		return;
	while (waitpid(program->pid, &status, 0) < 0)
		if (errno != EINTR)
			return;
	program->pid = -1;
	program->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
