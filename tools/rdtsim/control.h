/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSIM_CONTROL_H
#define RDTSIM_CONTROL_H

#include "life.h"

extern const struct sim_file sim_file_control;

#define CONTROL_MAX_WORDS 8

/* A control command: its words, the first of which is its name. */
struct control {
	struct sim_model *model;
	char *words[CONTROL_MAX_WORDS];
	size_t n_words;
	struct text *outcome;
};

/* Say what is wrong with it; returns error. */
__attribute__((format(printf, 3, 4))) int control_fail(struct control *command, int error,
						       const char *format, ...);

int control_get_group(struct control *command, const char *path, struct sim_group **ret_group);
int control_get_count(struct control *command, const char *word, uint64_t max, uint64_t *ret_count);
/* A number of RMIDs or CLOSIDs. */
int control_get_ids(struct control *command, const char *word, unsigned int *ret_count);
/* A number in the event's unit, into the unit in which it is kept. */
int control_parse_value(const char *word, enum sim_event_kind kind, uint64_t *ret_value);
/* Is that the path of the domain below mon_data? */
bool control_domain_matches(const struct sim_domain *domain, const char *path);

/* What a command about values is to do with each of them. */
struct target {
	struct sim_group *group;
	struct sim_domain *domain;
	const struct sim_slot *slot;
};

typedef int (*target_fn)(struct control *command, const struct target *target);

enum {
	/* Leave out sums, which have no counts of their own. */
	COUNTS_ONLY = 1 << 0,
};

/* Call for all that words 1 to 3, group, domain and event, name. */
int control_each_target(struct control *command, unsigned int flags, target_fn call);

int control_do_set(struct control *command);
int control_do_rate(struct control *command);
int control_do_status(struct control *command);
int control_do_text(struct control *command);
int control_do_text_size(struct control *command);
int control_do_errno(struct control *command);
int control_do_offline(struct control *command);
int control_do_online(struct control *command);
int control_do_add_event(struct control *command);
int control_do_add_resource(struct control *command);
int control_do_freeze(struct control *command);
int control_do_thaw(struct control *command);
int control_do_advance(struct control *command);
int control_do_rmids(struct control *command);
int control_do_closids(struct control *command);
int control_do_limbo(struct control *command);
int control_do_evict(struct control *command);
int control_do_mode(struct control *command);
int control_do_kill(struct control *command);
int control_do_slow(struct control *command);
int control_do_nlink(struct control *command);
int control_do_exit(struct control *command);

#endif
