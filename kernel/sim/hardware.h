/* SPDX-License-Identifier: GPL-2.0-only */
/* The simulated hardware as the kernel sees it. */
#ifndef _RDT_SIM_HARDWARE_H
#define _RDT_SIM_HARDWARE_H

#include <linux/types.h>

struct cpuinfo_x86;

/* The kernel's resctrl_cpu_detect(), by the name that divert.h gives it. */
void rdt_sim_original_cpu_detect(struct cpuinfo_x86 *c);

void rdt_sim_cpuid(u32 leaf, u32 subleaf, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx);
u32 rdt_sim_cpuid_ebx(u32 leaf);

u64 rdt_sim_rdmsr(u32 msr);
void rdt_sim_wrmsr(u32 msr, u64 val);

/* This CPU is about to run a task, or to go idle. Interrupts are off. */
void rdt_sim_switch_to(bool busy);

#endif /* _RDT_SIM_HARDWARE_H */
