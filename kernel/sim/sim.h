/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the simulated hardware share. */
#ifndef _RDT_SIM_H
#define _RDT_SIM_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/types.h>

#include "hardware.h"

#define RDT_SIM_MAX_DOMAINS	8
#define RDT_SIM_MAX_RMIDS	256
#define RDT_SIM_MAX_CLOSIDS	16
#define RDT_SIM_MAX_CNTRS	32

/* Monitoring events by the numbers that QM_EVTSEL takes. */
enum rdt_sim_event {
	RDT_SIM_OCCUPANCY = 1,
	RDT_SIM_TOTAL = 2,
	RDT_SIM_LOCAL = 3,
	RDT_SIM_NR_EVENTS = 3,
};

/* Bits of QM_CTR that tell that there is no value. */
#define RDT_SIM_ERROR		BIT_ULL(63)
#define RDT_SIM_UNAVAILABLE	BIT_ULL(62)

/* The kinds of memory transactions that an event can count, on AMD. */
#define RDT_SIM_ALL_TRANSACTIONS	0x7f
#define RDT_SIM_LOCAL_TRANSACTIONS	0x15
#define RDT_SIM_REMOTE_TRANSACTIONS	0x2a

/**
 * struct rdt_sim_model - a machine
 * @name:	for the boot parameter
 * @vendor:	X86_VENDOR_*, which the CPU has to be of
 * @features:	X86_FEATURE_* that it has beside those of every model
 * @num_features: how many of them
 * @rmids:	number of RMIDs of an L3 cache
 * @closids:	number of CLOSIDs
 * @cbm_len:	bits of a cache mask
 * @scale:	bytes of one count
 * @width:	bits of a bandwidth counter
 * @cntrs:	assignable counters of an L3 cache
 * @nodes:	NUMA nodes that share an L3 cache and split its RMIDs (SNC)
 */
struct rdt_sim_model {
	const char *name;
	u8 vendor;
	const u16 *features;
	unsigned int num_features;
	unsigned int rmids;
	unsigned int closids;
	unsigned int cbm_len;
	unsigned int scale;
	unsigned int width;
	unsigned int cntrs;
	unsigned int nodes;
};

/* The machine that this kernel was booted on; without a name there is none. */
extern struct rdt_sim_model rdt_sim_model;

static inline bool rdt_sim_present(void)
{
	return rdt_sim_model.name;
}

/* RMIDs that a monitoring domain has for itself. */
static inline unsigned int rdt_sim_domain_rmids(void)
{
	return rdt_sim_model.rmids / rdt_sim_model.nodes;
}

/* counters.c: what is counted. A domain is an L3 cache, or with SNC a node. */

/* How fast things go. */
enum rdt_sim_setting {
	RDT_SIM_FREEZE,		/* nothing moves */
	RDT_SIM_FOLLOW_TASKS,	/* only RMIDs of running tasks have traffic, else each has */
	RDT_SIM_TASK_RATE,	/* bytes per second of a running task, if followed */
	RDT_SIM_FALL,		/* bytes of occupancy per second that an unused RMID loses */
	RDT_SIM_NR_SETTINGS,
};

/* A CPU as it stands in the accounting. */
struct rdt_sim_user {
	int domain;		/* or -1 while it is offline */
	u32 rmid;
	bool busy;
};

void rdt_sim_power_on(void);
void rdt_sim_use(struct rdt_sim_user *user, const struct rdt_sim_user *now);
u64 rdt_sim_read(unsigned int domain, u32 rmid, u32 event);
u64 rdt_sim_read_cntr(unsigned int domain, u32 cntr);
void rdt_sim_configure_cntr(unsigned int domain, u64 config);
void rdt_sim_enable_cntrs(unsigned int domain, bool enable);
u32 rdt_sim_get_transactions(unsigned int domain, enum rdt_sim_event event);
void rdt_sim_set_transactions(unsigned int domain, enum rdt_sim_event event, u32 transactions);

/* ... and how the control moves it. */

#define RDT_SIM_FLAG_ERROR		BIT(0)
#define RDT_SIM_FLAG_UNAVAILABLE	BIT(1)
#define RDT_SIM_FLAG_UNAVAILABLE_ONCE	BIT(2)

struct rdt_sim_cntr_state {
	bool enabled;
	u32 rmid;
	u32 transactions;
	u64 raw;
};

bool rdt_sim_domain_exists(unsigned int domain);
void rdt_sim_set(unsigned int domain, u32 rmid, enum rdt_sim_event event, u64 raw);
void rdt_sim_set_flags(unsigned int domain, u32 rmid, enum rdt_sim_event event, u64 flags);
u64 rdt_sim_peek(unsigned int domain, u32 rmid, enum rdt_sim_event event, u8 *flags);
void rdt_sim_peek_cntr(unsigned int domain, u32 cntr, struct rdt_sim_cntr_state *state);

u64 rdt_sim_get_setting(enum rdt_sim_setting setting);
void rdt_sim_change_setting(enum rdt_sim_setting setting, u64 value);

/* msr.c: registers, for the control to show. */

/* Control registers of which there is one for each CLOSID. */
enum rdt_sim_control {
	RDT_SIM_L3_MASK,
	RDT_SIM_MB_DELAY,
	RDT_SIM_MB_LIMIT,
	RDT_SIM_SMB_LIMIT,
	RDT_SIM_NR_CONTROLS,
};

struct rdt_sim_cpu_state {
	int l3;
	u32 closid;
	struct rdt_sim_user user;
};

void rdt_sim_cpu_state(unsigned int cpu, struct rdt_sim_cpu_state *state);
u32 rdt_sim_control(unsigned int l3, enum rdt_sim_control control, unsigned int closid);
extern atomic_t rdt_sim_reads;

#endif /* _RDT_SIM_H */
