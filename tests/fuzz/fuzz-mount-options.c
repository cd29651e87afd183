/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of a mount, which libmount takes apart. */
#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "mount.h"

static const struct {
	const char *name;
	unsigned int bit;
} options[] = {
	{"cdp", RDTGRP_MOUNT_CDP},
	{"cdpl2", RDTGRP_MOUNT_CDPL2},
	{"mba_MBps", RDTGRP_MOUNT_MBPS},
	{"debug", RDTGRP_MOUNT_DEBUG},
};

/* Without quotes, values and escapes an option is simply what stands between commas. */
static unsigned int simple_bits(char *text)
{
	unsigned int bits = 0;
	char *save;

	for (char *word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save))
		for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
			if (strcmp(word, options[i].name) == 0)
				bits |= options[i].bit;
	return bits;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	unsigned int bits;

	CHECK(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';

	bits = rg_mount_options_parse(text);
	CHECK(bits == rg_mount_options_parse(text));
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		CHECK(!(bits & options[i].bit) || strstr(text, options[i].name));
		bits &= ~options[i].bit;
	}
	CHECK(bits == 0);
	if (!strpbrk(text, "\"=\\")) {
		bits = rg_mount_options_parse(text);
		CHECK(bits == simple_bits(text));
	}
	free(text);
	return 0;
}
