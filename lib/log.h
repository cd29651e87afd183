/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RG_LOG_H
#define RG_LOG_H

#include <syslog.h>

/* Pass a message to the caller's log callback, if there is one for this priority. Keeps errno. */
void rg_log(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
