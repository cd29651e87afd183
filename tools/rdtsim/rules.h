/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSIM_RULES_H
#define RDTSIM_RULES_H

/*
 * The model's middle layer: what the files show, what may be written to them, and what follows from
 * it. No file calls one that stands further down here.
 */
#include "state.h"

/* Tasks: tasks.c. */
bool sim_tasks_any(struct sim_model *model, const struct sim_group *group);
/* Its tasks go to another group. */
void sim_tasks_group_gone(struct sim_model *model, struct sim_group *group, struct sim_group *to);
extern const struct sim_file sim_file_tasks;

/* CPUs: cpus.c. */
void sim_cpus_group_gone(struct sim_model *model, struct sim_group *group);
void sim_cpus_offline(struct sim_model *model, uint64_t cpus);
void sim_cpus_online(struct sim_model *model, uint64_t cpus);
extern const struct sim_file sim_file_cpus, sim_file_cpus_list;

/* RMIDs and CLOSIDs: rmid.c. */
int sim_rmids_resize(struct sim_model *model, unsigned int count);
int sim_closids_resize(struct sim_model *model, unsigned int count);
void sim_rmids_count(const struct sim_model *model, unsigned int *ret_used,
		     unsigned int *ret_limbo);
/* -EBUSY, -ENOSPC. The counters go on from where the RMID's last owner left them, but for MBM. */
int sim_rmid_alloc(struct sim_model *model, unsigned int *ret_rmid);
void sim_rmid_free(struct sim_model *model, unsigned int rmid);
void sim_limbo_check(struct sim_model *model);
void sim_limbo_evict(struct sim_model *model);
int sim_closid_alloc(struct sim_model *model, unsigned int *ret_closid);
void sim_closid_free(struct sim_model *model, unsigned int closid);

/* Modes: mode.c. */
const char *sim_group_mode_name(enum sim_group_mode mode);
/* Whatever the kernel would say: for the control command mode. */
int sim_group_force_mode(struct sim_model *model, struct sim_group *group,
			 enum sim_group_mode mode);
void sim_group_lock(struct sim_group *group, size_t schema, size_t cache, uint32_t cbm);
extern const struct sim_file sim_file_mode;

/* schemata and size: schemata.c. */
void sim_schemata_reset_cache(struct sim_model *model, size_t cache);
/* What a new CTRL_MON group may use: -ENOSPC if exclusive groups leave nothing. */
int sim_schemata_init(struct sim_model *model, struct sim_group *group);
extern const struct sim_file sim_file_schemata, sim_file_size;

/* Assignable counters: assign.c. */
bool sim_assign_is_event(const struct sim_model *model, const struct sim_event *event);
bool sim_assign_has(const struct sim_group *group, const struct sim_domain *domain,
		    const struct sim_event *event);
/* -EINVAL, and why, if counters are not assigned. */
int sim_assign_refuse_default_mode(struct sim_model *model);
void sim_assign_group_new(struct sim_model *model, struct sim_group *group);
void sim_assign_group_gone(struct sim_model *model, struct sim_group *group);
void sim_assign_set_mode(struct sim_model *model, bool counter_mode);
void sim_assign_restart_event(struct sim_model *model, const struct sim_event *event);
extern const struct sim_file sim_file_assignments;

/* mon_data: mondata.c. */
int sim_mon_data_fill(struct sim_model *model, struct sim_group *group, uid_t uid, gid_t gid);
/* The directory of a domain in a group, or the file of an event in it; NULL if offline. */
struct sim_node *sim_mon_data_dir(const struct sim_group *group, const struct sim_domain *domain);
int sim_mon_data_add_domain(struct sim_model *model, struct sim_group *group,
			    struct sim_domain *domain, uid_t uid, gid_t gid);
int sim_mon_data_add_event(struct sim_model *model, struct sim_group *group,
			   struct sim_domain *domain, const struct sim_event *event);
/* A group's own value, without MON groups. */
enum sim_status sim_value_own(struct sim_model *model, const struct sim_group *group,
			      const struct sim_domain *domain, const struct sim_event *event,
			      uint64_t *ret_value);
void sim_value_format(struct text *text, const struct sim_event *event, enum sim_status status,
		      uint64_t value);

/* info: info.c. */
int sim_info_init(struct sim_model *model);

#endif
