// SPDX-License-Identifier: GPL-2.0-or-later
#include "trouble.h"

#include <errno.h>
#include <rdtgrp.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "xalloc.h"

/* The lines told, for tsearch(3). */
static void *told;

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Takes text over. */
static void tell(char *text)
{
	char **entry = tsearch(text, &told, compare);

	if (!entry)
		out_of_memory();
	if (*entry == text)
		complain("%s", text);
	else
		free(text);
}

void trouble_tell(const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	tell(text);
}

void trouble_advise(int error)
{
	if ((error == -EACCES || error == -EPERM) && geteuid() != 0)
		trouble_tell("let root change owner or mode of what may not be read, or run "
			     "rdtstat as root");
}

void trouble_tell_rdtgrp(int error, const char *object)
{
	tell(message_of_rdtgrp(error, object));
	if (rdtgrp_error_code() == error && *rdtgrp_error_advice())
		tell(xstrdup(rdtgrp_error_advice()));
}

int trouble_status(void)
{
	return told ? EXIT_FAILED : EXIT_FINE;
}

void trouble_clear(void)
{
	tdestroy(told, free);
	told = NULL;
}
