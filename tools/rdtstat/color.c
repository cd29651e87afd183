// SPDX-License-Identifier: GPL-2.0-or-later
#include "color.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool color_wanted(enum color_when when)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (when != COLOR_WHEN_AUTO)
		return when == COLOR_WHEN_ALWAYS;
	/* As https://no-color.org has it: any value but none at all. */
	if (no_color && *no_color)
		return false;
	return term && *term && strcmp(term, "dumb") != 0 && isatty(STDOUT_FILENO);
}
