// SPDX-License-Identifier: GPL-2.0-or-later
#include "sampling.h"

#include "fd_limit.h"
#include "message.h"
#include "options.h"

int sampling_open(struct sampling *sampling, const struct options *options)
{
	int r;

	*sampling = (struct sampling){0};
	fd_limit_raise();
	r = root_open_or_tell(options->root, &sampling->root);
	if (r != EXIT_FINE)
		return r;
	r = selection_open(&sampling->root, options->groups, options->group_count, &sampling->named,
			   &sampling->named_count);
	if (r != EXIT_FINE) {
		root_close(&sampling->root);
		return r;
	}
	sampler_init(&sampling->sampler, &sampling->root, sampling->named, sampling->named_count,
		     options->events, options->event_count);
	sampling->sampler.type = options->type;
	sampling->sampler.breakdown = options->breakdown;
	return EXIT_FINE;
}

void sampling_close(struct sampling *sampling)
{
	sampler_clear(&sampling->sampler);
	selection_close(sampling->named, sampling->named_count);
	root_close(&sampling->root);
}
