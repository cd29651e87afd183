/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a fuzz target without libFuzzer: over each file of the directories that are named, each beginning
 * of it, and it with each byte changed.
 */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char changes[] = {'\0', '\n', ' ', ',',  '.', '0',	  '9',
			       '=',  '_',  '"', '\\', 'a', '\xff'};

/* In a block of its own size, so that a sanitizer or valgrind sees what is read behind it. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	CHECK(copy);
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static unsigned int run_variants(uint8_t *data, size_t size)
{
	unsigned int count = 0;

	for (size_t length = 0; length <= size; length++, count++)
		run(data, length);
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = data[i];

		for (size_t j = 0; j < sizeof(changes); j++, count++) {
			data[i] = (uint8_t)changes[j];
			run(data, size);
		}
		data[i] = byte;
	}
	return count;
}

static unsigned int run_file(int dirfd, const char *name)
{
	static uint8_t data[4096];
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	ssize_t size;

	CHECK(fd >= 0);
	size = read(fd, data, sizeof(data));
	CHECK(size >= 0);
	close(fd);
	return run_variants(data, (size_t)size);
}

static unsigned int run_directory(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	unsigned int count = 0;

	if (!dir) {
		perror(path);
		exit(1);
	}
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			count += run_file(dirfd(dir), entry->d_name);
	closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	unsigned int count = 0;

	for (int i = 1; i < argc; i++)
		count += run_directory(argv[i]);
	printf("%u inputs\n", count);
	/* No input is no test. */
	return count ? 0 : 1;
}
