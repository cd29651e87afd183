// SPDX-License-Identifier: GPL-2.0-or-later
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "message.h"
#include "outfile.h"
#include "xalloc.h"

FILE *output;

static char *buffer;
static size_t buffer_size;

static void renew(void)
{
	output = open_memstream(&buffer, &buffer_size);
	if (!output)
		out_of_memory();
}

static int tell(int error)
{
	if (error != EPIPE)
		complain("standard output: %s", strerror(error));
	return EXIT_FAILED;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

int output_open(void)
{
	int fd;

	/* open(2) takes the lowest free number. A place without /dev/null is no matter while there is no
	 * gap to be filled. Instead of stdout there is what cannot be written to, by any of its names. A
	 * command that is run finds all three as they were. */
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		const char *filler = fd == STDOUT_FILENO ? "/" : "/dev/null";

		if (is_open(fd))
			continue;
		if (open(filler, (fd == STDOUT_FILENO ? O_PATH : O_RDWR) | O_CLOEXEC) < 0) {
			complain("%s: %s", filler, strerror(errno));
			return EXIT_FAILED;
		}
	}
	renew();
	return EXIT_FINE;
}

int output_check(void)
{
	return fcntl(STDOUT_FILENO, F_GETFL) & O_PATH ? tell(EBADF) : EXIT_FINE;
}

int output_send_to(int fd)
{
	int r;

	/* The one thing that can go wrong in memory. */
	if (fclose(output) != 0)
		out_of_memory();
	r = file_write(fd, buffer, buffer_size);
	free(buffer);
	renew();
	return r;
}

int output_replace(const char *path)
{
	int r;

	if (fclose(output) != 0)
		out_of_memory();
	r = outfile_write(path, buffer, buffer_size);
	free(buffer);
	renew();
	return r;
}

int output_send(void)
{
	int r = output_send_to(STDOUT_FILENO);

	return r < 0 ? tell(-r) : EXIT_FINE;
}

int output_close(bool send)
{
	int r = send ? output_send() : EXIT_FINE;

	fclose(output);
	free(buffer);
	if (close(STDOUT_FILENO) == 0 || r != EXIT_FINE)
		return r;
	return tell(errno);
}
