/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_COMMANDS_H
#define RDTSTAT_COMMANDS_H

struct options;

/* One file per command, cmd_<name>.c. @return an exit status. */
int cmd_report(const struct options *options);
int cmd_list(const struct options *options);
int cmd_info(const struct options *options);
int cmd_capture(const struct options *options);
int cmd_top(const struct options *options);
int cmd_run(const struct options *options);

#endif
