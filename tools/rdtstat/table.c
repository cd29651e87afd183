// SPDX-License-Identifier: GPL-2.0-or-later
#include "table.h"

#include <stdlib.h>

#include "escape.h"
#include "output.h"
#include "root.h"
#include "xalloc.h"

struct libscols_table *table_new(void)
{
	struct libscols_table *table = scols_new_table();

	if (!table || scols_table_set_stream(table, output) < 0)
		out_of_memory();
	return table;
}

void table_add_column(struct libscols_table *table, const char *title, int flags)
{
	char *harmless = escape_for_terminal(title);
	struct libscols_column *column = scols_table_new_column(table, harmless, 0, flags);

	/* Backslashes are those of escape(): the library would escape some of them again. */
	if (!column || scols_column_set_safechars(column, "\\") < 0)
		out_of_memory();
	free(harmless);
}

struct libscols_line *table_add_line(struct libscols_table *table, struct libscols_line *parent)
{
	struct libscols_line *line = scols_table_new_line(table, parent);

	if (!line)
		out_of_memory();
	return line;
}

void table_set_cell(struct libscols_line *line, size_t column, char *text)
{
	char *harmless;

	if (!text)
		return;
	harmless = escape_for_terminal(text);
	if (scols_line_refer_data(line, column, harmless) < 0)
		out_of_memory();
	free(text);
}

void table_print(struct libscols_table *table)
{
	/* It goes to memory. */
	if (scols_print_table(table) < 0)
		out_of_memory();
	scols_unref_table(table);
}

const char *table_foreign_mark(const struct root *root)
{
	return root->foreign ? "  [not resctrl: a simulator or captured tree]" : "";
}
