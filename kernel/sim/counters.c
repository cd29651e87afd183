// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the simulated hardware counts: bandwidth and occupancy by RMID, and on
 * AMD the assignable counters.
 *
 * Nothing happens between two looks at a counter. Each RMID remembers until
 * when it has been accounted for; whoever looks at it or changes what it does
 * first catches up with the time gone by.
 */
#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/cleanup.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>

#include <asm/processor.h>

#include "sim.h"

/* Of 64 bytes so many are moved by each kind of transaction; half are local. */
static const u8 transaction_share[] = { 24, 12, 6, 3, 2, 1, 16 };
#define TRANSACTION_SHARES	64

#define ABMC_CFG_ENABLE		BIT_ULL(63)
#define ABMC_CFG_COUNT		BIT_ULL(62)
#define ABMC_CFG_CNTR		GENMASK_ULL(52, 48)
#define ABMC_CFG_RMID		GENMASK_ULL(43, 32)
#define ABMC_CFG_TRANSACTIONS	GENMASK_ULL(31, 0)

#define NR_MBM_EVENTS		2

/**
 * struct rmid - one RMID of one domain
 * @mbm_bytes:	counted for mbm_total and mbm_local
 * @occupancy:	bytes of cache
 * @since:	simulated time up to which the above is right
 * @running:	CPUs of the domain that run a task with this RMID
 * @flags:	RDT_SIM_FLAG_* of each event
 */
struct rmid {
	u64 mbm_bytes[NR_MBM_EVENTS];
	u64 occupancy;
	u64 since;
	unsigned int running;
	u8 flags[RDT_SIM_NR_EVENTS];
};

struct cntr {
	bool enabled;
	u32 rmid;
	u32 transactions;
	u64 bytes;
};

static struct domain {
	bool exists;
	u32 transactions[NR_MBM_EVENTS];
	bool cntrs_enabled;
	struct cntr cntrs[RDT_SIM_MAX_CNTRS];
	struct rmid rmids[RDT_SIM_MAX_RMIDS];
} domains[RDT_SIM_MAX_DOMAINS];

/* Protects all of this file; taken in the context switch. */
static DEFINE_RAW_SPINLOCK(lock);

static u64 settings[RDT_SIM_NR_SETTINGS] = { [RDT_SIM_TASK_RATE] = SZ_1G };

/* Simulated time is the clock less all the time spent frozen. */
static u64 frozen_at;
static u64 frozen_for;

static u64 now(void)
{
	u64 clock = settings[RDT_SIM_FREEZE] ? frozen_at : ktime_get_mono_fast_ns();

	return clock - frozen_for;
}

static u64 per_second(u64 ns, u64 rate)
{
	return mul_u64_u64_div_u64(ns, rate, NSEC_PER_SEC);
}

/* That part of the traffic which consists of the given transactions. */
static u64 traffic_of(u64 bytes, unsigned long transactions)
{
	unsigned int bit, shares = 0;

	for_each_set_bit(bit, &transactions, ARRAY_SIZE(transaction_share))
		shares += transaction_share[bit];
	return bytes * shares / TRANSACTION_SHARES;
}

/* Bytes that one count of this machine's counters stands for. */
static u64 count_size(void)
{
	return rdt_sim_model.scale / rdt_sim_model.nodes;
}

static u64 cache_size(void)
{
	return (u64)boot_cpu_data.x86_cache_size * SZ_1K;
}

/* Bytes per second. */
static u64 traffic_rate(const struct rmid *r, u32 id)
{
	if (settings[RDT_SIM_FOLLOW_TASKS])
		return r->running * settings[RDT_SIM_TASK_RATE];
	return (id + 1) * SZ_1M;
}

/* What a task brings in stays in the cache; what nobody uses is evicted in time. */
static u64 occupancy_after(const struct rmid *r, u64 ns, u64 bytes)
{
	if (!r->running)
		return r->occupancy - min(r->occupancy, per_second(ns, settings[RDT_SIM_FALL]));
	if (settings[RDT_SIM_FOLLOW_TASKS] && r->occupancy < cache_size())
		return min(r->occupancy + bytes, cache_size());
	return r->occupancy;
}

static struct rmid *catch_up(unsigned int domain, u32 id)
{
	struct domain *d = &domains[domain];
	struct rmid *r = &d->rmids[id];
	u64 ns = now() - r->since;
	unsigned int i;
	u64 bytes;

	/* Frozen, or so. What a read costs is measured then. */
	if (!ns)
		return r;

	bytes = per_second(ns, traffic_rate(r, id));
	for (i = 0; i < NR_MBM_EVENTS; i++)
		r->mbm_bytes[i] += traffic_of(bytes, d->transactions[i]);
	for (i = 0; i < rdt_sim_model.cntrs; i++)
		if (d->cntrs[i].enabled && d->cntrs[i].rmid == id)
			d->cntrs[i].bytes += traffic_of(bytes, d->cntrs[i].transactions);
	r->occupancy = occupancy_after(r, ns, bytes);
	r->since += ns;
	return r;
}

static void catch_up_all(void)
{
	unsigned int domain, id;

	for (domain = 0; domain < RDT_SIM_MAX_DOMAINS; domain++)
		for (id = 0; id < rdt_sim_domain_rmids(); id++)
			catch_up(domain, id);
}

static bool exists(unsigned int domain, u32 id)
{
	return domain < RDT_SIM_MAX_DOMAINS && domains[domain].exists &&
	       id < rdt_sim_domain_rmids();
}

/* A counter that counts anything remote is the one for mbm_total. */
static enum rdt_sim_event cntr_event(const struct cntr *cntr)
{
	return cntr->transactions & RDT_SIM_REMOTE_TRANSACTIONS ? RDT_SIM_TOTAL : RDT_SIM_LOCAL;
}

/* Where the value of an RMID's event is that the kernel gets to see. */
static u64 *event_bytes(struct domain *d, u32 id, enum rdt_sim_event event)
{
	unsigned int i;

	if (event == RDT_SIM_OCCUPANCY)
		return &d->rmids[id].occupancy;
	for (i = 0; d->cntrs_enabled && i < rdt_sim_model.cntrs; i++)
		if (d->cntrs[i].enabled && d->cntrs[i].rmid == id &&
		    cntr_event(&d->cntrs[i]) == event)
			return &d->cntrs[i].bytes;
	return &d->rmids[id].mbm_bytes[event - RDT_SIM_TOTAL];
}

static u64 mbm_raw(u64 bytes)
{
	return (bytes / count_size()) & GENMASK_ULL(rdt_sim_model.width - 1, 0);
}

/* The bits that the flags put into QM_CTR; to look at them may use them up. */
static u64 status_bits(struct rmid *r, enum rdt_sim_event event)
{
	u8 *flags = &r->flags[event - 1];
	u64 bits = 0;

	if (*flags & RDT_SIM_FLAG_ERROR)
		bits |= RDT_SIM_ERROR;
	if (*flags & (RDT_SIM_FLAG_UNAVAILABLE | RDT_SIM_FLAG_UNAVAILABLE_ONCE))
		bits |= RDT_SIM_UNAVAILABLE;
	*flags &= ~RDT_SIM_FLAG_UNAVAILABLE_ONCE;
	return bits;
}

u64 rdt_sim_read(unsigned int domain, u32 id, u32 event)
{
	struct rmid *r;

	if (!exists(domain, id) || event < 1 || event > RDT_SIM_NR_EVENTS)
		return RDT_SIM_ERROR;

	guard(raw_spinlock_irqsave)(&lock);
	r = catch_up(domain, id);
	if (event == RDT_SIM_OCCUPANCY)
		return r->occupancy / count_size() | status_bits(r, event);
	return mbm_raw(r->mbm_bytes[event - RDT_SIM_TOTAL]) | status_bits(r, event);
}

u64 rdt_sim_read_cntr(unsigned int domain, u32 number)
{
	struct cntr *cntr;
	struct rmid *r;

	if (!exists(domain, 0) || number >= rdt_sim_model.cntrs)
		return RDT_SIM_ERROR;

	guard(raw_spinlock_irqsave)(&lock);
	cntr = &domains[domain].cntrs[number];
	if (!domains[domain].cntrs_enabled || !cntr->enabled)
		return RDT_SIM_ERROR;
	r = catch_up(domain, cntr->rmid);
	return mbm_raw(cntr->bytes) | status_bits(r, cntr_event(cntr));
}

/* A write of L3_QOS_ABMC_CFG. A counter that is configured starts from 0. */
void rdt_sim_configure_cntr(unsigned int domain, u64 config)
{
	u32 number = FIELD_GET(ABMC_CFG_CNTR, config);
	u32 id = FIELD_GET(ABMC_CFG_RMID, config);
	struct cntr *cntr;

	if (!(config & ABMC_CFG_ENABLE) || !exists(domain, id) || number >= rdt_sim_model.cntrs)
		return;

	guard(raw_spinlock_irqsave)(&lock);
	catch_up(domain, id);
	cntr = &domains[domain].cntrs[number];
	cntr->enabled = config & ABMC_CFG_COUNT;
	cntr->rmid = id;
	cntr->transactions = FIELD_GET(ABMC_CFG_TRANSACTIONS, config);
	cntr->bytes = 0;
}

void rdt_sim_enable_cntrs(unsigned int domain, bool enable)
{
	guard(raw_spinlock_irqsave)(&lock);
	domains[domain].cntrs_enabled = enable;
}

u32 rdt_sim_get_transactions(unsigned int domain, enum rdt_sim_event event)
{
	guard(raw_spinlock_irqsave)(&lock);
	return domains[domain].transactions[event - RDT_SIM_TOTAL];
}

/*
 * A write of EVT_CFG: the hardware clears the bandwidth counters of all RMIDs
 * and has no value the next time that one is asked for.
 */
void rdt_sim_set_transactions(unsigned int domain, enum rdt_sim_event event, u32 transactions)
{
	struct domain *d = &domains[domain];
	unsigned int id, i;

	guard(raw_spinlock_irqsave)(&lock);
	for (id = 0; id < rdt_sim_domain_rmids(); id++) {
		struct rmid *r = catch_up(domain, id);

		for (i = 0; i < NR_MBM_EVENTS; i++) {
			r->mbm_bytes[i] = 0;
			r->flags[RDT_SIM_TOTAL - 1 + i] |= RDT_SIM_FLAG_UNAVAILABLE_ONCE;
		}
	}
	d->transactions[event - RDT_SIM_TOTAL] = transactions & RDT_SIM_ALL_TRANSACTIONS;
}

static bool runs(const struct rdt_sim_user *user)
{
	return user->busy && user->domain >= 0 && user->rmid < rdt_sim_domain_rmids();
}

/* A CPU comes, goes, idles, or runs with another RMID. */
void rdt_sim_use(struct rdt_sim_user *user, const struct rdt_sim_user *next)
{
	guard(raw_spinlock_irqsave)(&lock);
	if (runs(user))
		catch_up(user->domain, user->rmid)->running--;
	*user = *next;
	if (user->domain >= 0)
		domains[user->domain].exists = true;
	if (runs(user))
		catch_up(user->domain, user->rmid)->running++;
}

bool rdt_sim_domain_exists(unsigned int domain)
{
	guard(raw_spinlock_irqsave)(&lock);
	return exists(domain, 0);
}

void rdt_sim_set(unsigned int domain, u32 id, enum rdt_sim_event event, u64 raw)
{
	guard(raw_spinlock_irqsave)(&lock);
	catch_up(domain, id);
	*event_bytes(&domains[domain], id, event) = raw * count_size();
}

void rdt_sim_set_flags(unsigned int domain, u32 id, enum rdt_sim_event event, u64 flags)
{
	guard(raw_spinlock_irqsave)(&lock);
	domains[domain].rmids[id].flags[event - 1] = flags;
}

u64 rdt_sim_peek(unsigned int domain, u32 id, enum rdt_sim_event event, u8 *flags)
{
	u64 bytes;

	guard(raw_spinlock_irqsave)(&lock);
	*flags = catch_up(domain, id)->flags[event - 1];
	bytes = *event_bytes(&domains[domain], id, event);
	return event == RDT_SIM_OCCUPANCY ? bytes / count_size() : mbm_raw(bytes);
}

void rdt_sim_peek_cntr(unsigned int domain, u32 number, struct rdt_sim_cntr_state *state)
{
	struct cntr *cntr = &domains[domain].cntrs[number];

	guard(raw_spinlock_irqsave)(&lock);
	catch_up(domain, cntr->rmid);
	state->enabled = cntr->enabled;
	state->rmid = cntr->rmid;
	state->transactions = cntr->transactions;
	state->raw = mbm_raw(cntr->bytes);
}

u64 rdt_sim_get_setting(enum rdt_sim_setting setting)
{
	guard(raw_spinlock_irqsave)(&lock);
	return settings[setting];
}

void rdt_sim_change_setting(enum rdt_sim_setting setting, u64 value)
{
	guard(raw_spinlock_irqsave)(&lock);
	catch_up_all();
	if (setting == RDT_SIM_FREEZE && !settings[RDT_SIM_FREEZE] && value)
		frozen_at = ktime_get_mono_fast_ns();
	else if (setting == RDT_SIM_FREEZE && settings[RDT_SIM_FREEZE] && !value)
		frozen_for += ktime_get_mono_fast_ns() - frozen_at;
	settings[setting] = value;
}

/* A little occupancy for each RMID, below the limbo threshold of any machine. */
void rdt_sim_power_on(void)
{
	unsigned int domain, id;

	for (domain = 0; domain < RDT_SIM_MAX_DOMAINS; domain++) {
		struct domain *d = &domains[domain];

		d->transactions[0] = RDT_SIM_ALL_TRANSACTIONS;
		d->transactions[1] = RDT_SIM_LOCAL_TRANSACTIONS;
		for (id = 0; id < RDT_SIM_MAX_RMIDS; id++)
			d->rmids[id].occupancy = (1 + id % 3) * count_size();
	}
}
