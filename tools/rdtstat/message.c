// SPDX-License-Identifier: GPL-2.0-or-later
#include "message.h"

#include <rdtgrp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "xalloc.h"

static void (*diverted)(const char *line);

static void print_line(const char *text)
{
	char *harmless = escape_for_terminal(text);

	if (diverted)
		diverted(harmless);
	else
		fprintf(stderr, "rdtstat: %s\n", harmless);
	free(harmless);
}

void message_divert(void (*sink)(const char *line))
{
	diverted = sink;
}

void complain(const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	print_line(text);
	free(text);
}

char *message_of_rdtgrp(int error, const char *object)
{
	const char *message = rdtgrp_error_message();

	/* The error record may be of an earlier failure: not every errno comes with a new one. */
	if (rdtgrp_error_code() != error)
		return xasprintf("%s: %s", object, strerror(-error));
	/* The name that the kernel has for the root of a tree that is no longer mounted anywhere. */
	if (strcmp(rdtgrp_error_object(), "/") == 0 && strncmp(message, "/: ", 3) == 0)
		return xasprintf("%s%s", object, message + 1);
	return xstrdup(message);
}

void complain_rdtgrp(int error, const char *object)
{
	char *message = message_of_rdtgrp(error, object);

	print_line(message);
	free(message);
	if (rdtgrp_error_code() != error)
		return;
	if (*rdtgrp_error_advice())
		print_line(rdtgrp_error_advice());
}
