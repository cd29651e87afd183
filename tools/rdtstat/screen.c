// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen.h"

#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

static struct winsize window(void)
{
	struct winsize size = {0};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return (struct winsize){0};
	return size;
}

size_t screen_lines(void)
{
	unsigned short lines = window().ws_row;

	return lines ? lines : SIZE_MAX;
}

size_t screen_columns(void)
{
	unsigned short columns = window().ws_col;

	return columns ? columns : SIZE_MAX;
}
