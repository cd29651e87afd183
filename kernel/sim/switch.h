/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Force-included into process_64.o: the context switch loads the ids of the
 * next task into the simulated PQR_ASSOC, and the simulator learns whether the
 * CPU goes idle, which resctrl does not care about. All other MSR writes of
 * that file stay as they are. Into fs/resctrl/rdtgroup.o, too, which loads the
 * ids of a running task that is moved.
 */
#ifndef _RDT_SIM_SWITCH_H
#define _RDT_SIM_SWITCH_H

#include <linux/sched.h>
#include <linux/version.h>
#include <asm/msr.h>

#include "hardware.h"

#define wrmsrq(msr, val)	rdt_sim_wrmsr(msr, val)
#define wrmsr(msr, low, high)						\
	rdt_sim_wrmsr(msr, (u64)(high) << 32 | (u32)(low))
#include <asm/resctrl.h>
/* Inline functions again, which is so as long as PARAVIRT_XXL is off. */
#undef wrmsrq
#undef wrmsr

static inline void rdt_sim_sched_in(struct task_struct *next)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
	resctrl_sched_in(next);
#else
	resctrl_arch_sched_in(next);
#endif
	rdt_sim_switch_to(!is_idle_task(next));
}

#define resctrl_sched_in(next)		rdt_sim_sched_in(next)
#define resctrl_arch_sched_in(next)	rdt_sim_sched_in(next)

#endif /* _RDT_SIM_SWITCH_H */
