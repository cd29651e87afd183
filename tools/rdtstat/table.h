/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_TABLE_H
#define RDTSTAT_TABLE_H

#include <libsmartcols.h>
#include <stddef.h>

struct options;
struct report;
struct root;

/* Tables on standard output. There is no memory where one of these fails. */

struct libscols_table *table_new(void);
void table_add_column(struct libscols_table *table, const char *title, int flags);
struct libscols_line *table_add_line(struct libscols_table *table, struct libscols_line *parent);

/* Takes text over; NULL leaves the cell empty. Names in it are made harmless. */
void table_set_cell(struct libscols_line *line, size_t column, char *text);

/* And free it. */
void table_print(struct libscols_table *table);

/* The words that tell a simulator from the machine's own numbers, or "". */
const char *table_foreign_mark(const struct root *root);

/* A report, for format_table. */
void table_report(const struct report *report, const struct options *options);

#endif
