/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSIM_STATE_H
#define RDTSIM_STATE_H

/*
 * The model's lowest layer: what there is, and how it is found and walked. On it stands what the
 * files show and take (rules.h), on that how groups and domains come and go (life.h). Nothing calls
 * what is in a higher layer, but for a node's struct sim_file.
 */
#include "model.h"
#include "scenario.h"

struct sim_group;
struct sim_domain;

/* --- Nodes: node.c --------------------------------------------------------------------------- */

enum sim_node_kind {
	SIM_NODE_GROUP,
	SIM_NODE_MON_GROUPS,
	SIM_NODE_MON_DATA,
	SIM_NODE_DOMAIN,
	SIM_NODE_INFO, /* info and the directories below it */
	SIM_NODE_FILE,
	SIM_NODE_CONTROL, /* .rdtsim */
};

/* What a kind of file does. */
struct sim_file {
	const char *name;
	mode_t mode;
	int (*show)(struct sim_model *model, struct sim_node *node, struct text *text);
	/* data ends with a NUL that is not part of len. */
	int (*store)(struct sim_model *model, struct sim_node *node,
		     const struct sim_caller *caller, char *data, size_t len);
	/* A command must end with a newline, which store() does not get to see. */
	bool newline;
	/* The kernel takes its lock, and clears last_cmd_status, for a read of it. */
	bool locks;
};

struct sim_node {
	uint64_t ino;
	struct sim_node *parent; /* NULL of the root and of what has been removed */
	uint64_t parent_ino;
	char *name;
	uint64_t position; /* in its directory; never 0 */
	enum sim_node_kind kind;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	struct timespec atime;
	struct timespec mtime;
	struct timespec ctime;
	bool dead;
	bool unlinked;	    /* rmdir was for it, not for a directory above: it cannot be listed */
	nlink_t last_nlink; /* when it was alive */
	uint64_t refs;
	struct sim_node **children; /* by position */
	size_t n_children;
	size_t children_size;
	/* The removed but referenced, so that sim_model_free() finds them. */
	struct sim_node *next_dead, *prev_dead;

	const struct sim_file *file;
	struct sim_group *group;
	struct sim_domain *domain;
	/* Of an event's file, or of a file of info that is about an event. */
	const struct sim_event *event;
	/* Of a file of info that is about a line of schemata. */
	size_t schema;
	/* What the control commands text and errno put in place of a value. */
	struct text *fault_text;
	int fault_errno;
};

/* parent NULL: the root. Owner and mode of a directory are the caller's choice, files have the mode
 * of their kind. */
int sim_node_new(struct sim_model *model, struct sim_node *parent, const char *name,
		 enum sim_node_kind kind, mode_t mode, uid_t uid, gid_t gid,
		 struct sim_node **ret_node);
int sim_file_new(struct sim_model *model, struct sim_node *parent, const struct sim_file *file,
		 uid_t uid, gid_t gid, struct sim_node **ret_node);
struct sim_node *sim_node_find(const struct sim_node *dir, const char *name);
/* Remove it and all below it from the tree. */
void sim_node_remove(struct sim_model *model, struct sim_node *node);
int sim_node_move(struct sim_model *model, struct sim_node *node, struct sim_node *new_parent,
		  const char *new_name);
void sim_nodes_free(struct sim_model *model);

/* --- What is common to all files: file.c ----------------------------------------------------- */

void sim_last_cmd_clear(struct sim_model *model);
__attribute__((format(printf, 2, 3))) void sim_last_cmd(struct sim_model *model, const char *format,
							...);
/* What the kernel says of a command that it cannot read; returns -EINVAL. */
int sim_invalid_input(struct sim_model *model, const struct sim_node *node);

/* --- Domains: domain.c ----------------------------------------------------------------------- */

/* An event in a domain. A leaf's has a counter for each RMID; that of a sum has none. */
struct sim_slot {
	const struct sim_event *event;
	size_t counter;
};

#define SIM_NO_COUNTER SIZE_MAX

/* An assignable counter in a domain. */
struct sim_assignable {
	struct sim_group *group; /* NULL: free */
	const struct sim_event *event;
};

struct sim_domain {
	struct sim_domain *next;
	struct sim_domain *parent; /* of a node of Sub-NUMA Clustering */
	bool sum;		   /* shows the sums over those whose parent it is */
	char *name;		   /* of its directory */
	char *resource;
	uint64_t id;
	bool online;
	size_t n_slots;
	struct sim_slot *slots;
	/* Of an L3 cache: its index in schemata, -1 of others. */
	int cache;
	size_t n_assignable;
	struct sim_assignable *assignable;
};

int sim_domains_init(struct sim_model *model);
void sim_domains_free(struct sim_model *model);
struct sim_domain *sim_domain_add(struct sim_model *model, const char *name,
				  struct sim_domain *parent);
int sim_domain_add_event(struct sim_model *model, struct sim_domain *domain,
			 const struct sim_event *event);
const struct sim_slot *sim_domain_slot(const struct sim_domain *domain, const char *event);
/* The domain and what it lies in are online. */
bool sim_domain_is_online(const struct sim_domain *domain);
/* The CPUs of all caches that are online. */
uint64_t sim_online_cpus(const struct sim_model *model);
bool sim_cache_is_online(const struct sim_model *model, size_t cache);

/* --- RMIDs, and what is counted for them: counter.c ------------------------------------------ */

enum sim_status {
	SIM_OK,
	SIM_UNAVAILABLE,
	SIM_ERROR,
	SIM_UNASSIGNED,
};

/* What the hardware counts for one RMID in one domain, and what the kernel makes of it. */
struct sim_counter {
	/* The hardware's count (a gauge's level) at a moment, and how it goes on from there. */
	uint64_t base;
	uint64_t since_us;
	/* Around mean, with a phase of its own; else by exactly rate per second. */
	bool wanders;
	uint64_t mean;
	double phase;
	int64_t rate;
	/* SIM_MBM: what the kernel has added up, and the hardware's count at that time. */
	uint64_t chunks;
	uint64_t prev;
	enum sim_status status;
};

enum sim_rmid_state {
	SIM_RMID_FREE,
	SIM_RMID_USED,
	SIM_RMID_LIMBO,
};

struct sim_rmid {
	enum sim_rmid_state state;
	uint64_t freed; /* the order of being freed: the longest free is taken first */
	struct sim_counter *counters;
};

enum sim_limbo {
	SIM_LIMBO_OFF,	/* a removed group's RMID is free at once */
	SIM_LIMBO_ON,	/* until the control command evict */
	SIM_LIMBO_AUTO, /* as the kernel does: looked at every second */
};

/* What the hardware shows now. */
uint64_t sim_counter_hardware(const struct sim_model *model, const struct sim_counter *counter,
			      const struct sim_event *event);
uint64_t sim_counter_read(struct sim_model *model, struct sim_counter *counter,
			  const struct sim_event *event);
void sim_counter_set(struct sim_model *model, struct sim_counter *counter,
		     const struct sim_event *event, uint64_t value);
void sim_counter_rate(struct sim_model *model, struct sim_counter *counter,
		      const struct sim_event *event, int64_t rate);
void sim_counter_status(struct sim_counter *counter, const struct sim_event *event,
			enum sim_status status);
/* The kernel's first read: MBM starts at 0. */
void sim_counter_first_read(struct sim_model *model, struct sim_counter *counter,
			    const struct sim_event *event);
/* The hardware count, too, is 0 now (an assignable counter is assigned anew). */
void sim_counter_restart(struct sim_model *model, struct sim_counter *counter,
			 const struct sim_event *event);
/* Give all counters of an RMID the rates of a group of that name, and do the first read. */
void sim_counters_start(struct sim_model *model, struct sim_group *group);
/* Nobody runs with this RMID any more. */
void sim_counters_stop(struct sim_model *model, unsigned int rmid);
struct sim_counter *sim_counter_get(struct sim_model *model, const struct sim_group *group,
				    const struct sim_slot *slot);

/* --- Groups: group.c ------------------------------------------------------------------------- */

enum sim_group_mode {
	SIM_SHAREABLE,
	SIM_EXCLUSIVE,
	SIM_LOCKSETUP,
	SIM_LOCKED,
};

struct sim_group {
	struct sim_group *next;
	struct sim_group *parent; /* the CTRL_MON group of a MON group, else NULL */
	struct sim_group *children;
	struct sim_node *node;
	struct sim_node *mon_data;
	struct sim_node *mon_groups;
	unsigned int closid; /* of a MON group: its parent's counts */
	unsigned int rmid;
	/* Not in the pseudo-locking modes: the RMID is free while mon_data goes on showing it. */
	bool owns_rmid;
	enum sim_group_mode mode;
	uint32_t schemata[SIM_MAX_SCHEMAS][SIM_MAX_L3];
	uint64_t cpus;
	/* SIM_LOCKED: what is locked. */
	size_t locked_schema;
	size_t locked_cache;
};

void sim_groups_free(struct sim_model *model);
bool sim_group_is_default(const struct sim_model *model, const struct sim_group *group);
struct sim_group *sim_group_ctrl(struct sim_group *group);
/* Call for the default group, all CTRL_MON groups and all MON groups, until one call fails. */
int sim_groups_each(struct sim_model *model,
		    int (*call)(struct sim_model *model, struct sim_group *group, void *data),
		    void *data);
/* Bits of a cache that other groups of a mode use. */
uint32_t sim_groups_used_bits(const struct sim_model *model, const struct sim_group *except,
			      size_t schema, size_t cache, enum sim_group_mode mode);

/* --- The whole ------------------------------------------------------------------------------- */

/* A thread that was moved out of the default group. */
struct sim_task {
	pid_t tid;
	uint64_t start;
	struct sim_group *group;
};

#define SIM_LAST_CMD_SIZE 512

struct sim_model {
	struct sim_config config;
	const struct sim_scenario *scenario;

	uint64_t clock_us; /* as told last */
	uint64_t now_us;   /* the simulated time */
	bool frozen;
	struct timespec wall;

	struct sim_node *root;
	struct sim_node *dead;
	uint64_t last_ino;
	bool keep_nlink;

	/* The first is the default group. */
	struct sim_group *groups;
	bool *closids;
	unsigned int n_closids;
	unsigned int n_closids_size;
	struct sim_rmid *rmids;
	unsigned int n_rmids;	   /* how many may be used */
	unsigned int n_rmids_size; /* how many there are */
	uint64_t freed;
	enum sim_limbo limbo;
	uint64_t limbo_tick_us;
	uint64_t threshold;

	struct sim_domain *domains;
	size_t n_counters;
	/* Those of the control commands add-event and add-resource. */
	struct sim_event **own_events;
	size_t n_own_events;

	bool counter_mode; /* mbm_event */
	bool assign_on_mkdir;
	/* The filters of the assignable counters as bits, by event in the order of the scenario. */
	uint32_t filters[8];

	struct sim_task *tasks;
	size_t n_tasks;

	char last_cmd[SIM_LAST_CMD_SIZE + 1];
	bool last_cmd_truncated;

	uint64_t slow_us;
	bool exit_wanted;
	struct text control_outcome;
};

#endif
