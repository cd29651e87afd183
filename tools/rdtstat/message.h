/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_MESSAGE_H
#define RDTSTAT_MESSAGE_H

/* The exit statuses; rdtstat(1) documents them. */
enum {
	EXIT_FINE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

/* "rdtstat: …" on stderr, as one line whatever bytes are in it. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From now on give the lines, made harmless, to `sink` instead of stderr: while the screen is another's.
 * With NULL they go to stderr again. */
void message_divert(void (*sink)(const char *line));

/* The sentence for a failed call of librdtgrp that returned `error`. `object` is what it was about, should
 * the library have left no name. The caller's, to be freed. */
char *message_of_rdtgrp(int error, const char *object);

/* The same as complain() for a failed call of librdtgrp: that sentence, and on a second line what can be
 * done about it. */
void complain_rdtgrp(int error, const char *object);

#endif
