/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_TROUBLE_H
#define RDTSTAT_TROUBLE_H

/*
 * What is in the way of a part of the result only. It is told on stderr while the rest goes on, as ls -R
 * does, each thing once however many samples meet it; and in the end it makes the exit status 1. One per
 * process.
 */

/* Tell a line as complain() does. */
void trouble_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What a person can do where reading gave `error`, a negative errno, and the library has no advice. */
void trouble_advise(int error);

/* Tell of a failed call of librdtgrp as complain_rdtgrp() does. */
void trouble_tell_rdtgrp(int error, const char *object);

/* The exit status of a run that went well but for what was told. */
int trouble_status(void);
void trouble_clear(void);

#endif
