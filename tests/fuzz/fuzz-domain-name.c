/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of mon_data directories, compared with a regular expression. */
#include "fuzz.h"

#include <errno.h>
#include <regex.h>
#include <stdbool.h>
#include <string.h>

#include "layout.h"

static bool is_domain(const char *name)
{
	static regex_t regex;
	static bool compiled;

	if (!compiled)
		CHECK(regcomp(&regex, "^mon_.+_[0-9]+$", REG_EXTENDED | REG_NOSUB) == 0);
	compiled = true;
	if (regexec(&regex, name, 0, NULL, 0) != 0)
		return false;
	errno = 0;
	strtoull(strrchr(name, '_') + 1, NULL, 10);
	return errno == 0;
}

static void check_domain(const char *name, const struct rg_domain_name *parsed)
{
	const char *rest = parsed->resource + parsed->resource_length;
	size_t prefix = (size_t)(parsed->resource - name);

	CHECK(parsed->resource_length > 0);
	CHECK((prefix == 4 && memcmp(name, "mon_", 4) == 0) ||
	      (prefix == 8 && memcmp(name, "mon_sub_", 8) == 0));
	/* mon_sub_ is taken whole wherever something is left for the resource. */
	if (prefix == 4 && strncmp(name, "mon_sub_", 8) == 0)
		CHECK(strrchr(name, '_') <= name + 8);
	CHECK(rest[0] == '_');
	CHECK(!strchr(rest + 1, '_'));
	CHECK(strtoull(rest + 1, NULL, 10) == parsed->id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = malloc(size + 1);
	struct rg_domain_name parsed;

	CHECK(name);
	if (size)
		memcpy(name, data, size);
	name[size] = '\0';

	memset(&parsed, 0xaa, sizeof(parsed));
	rg_domain_name_parse(name, &parsed);
	CHECK(parsed.has_id == is_domain(name));
	if (parsed.has_id) {
		check_domain(name, &parsed);
	} else {
		CHECK(parsed.resource == name);
		CHECK(parsed.resource_length == strlen(name));
	}
	free(name);
	return 0;
}
