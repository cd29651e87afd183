/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Force-included into the unmodified x86 resctrl objects: from here on their
 * CPUID and MSR accesses go to the simulated hardware. The macros have the
 * names that Linux 6.12 uses and those of 6.16 and newer.
 *
 * What the pseudo-locking loop does by native_wrmsr() and the like is left
 * alone: it must not call anything, and emulated CPUs ignore such writes.
 */
#ifndef _RDT_SIM_DIVERT_H
#define _RDT_SIM_DIVERT_H

#include <linux/types.h>
#if __has_include(<asm/cpuid/api.h>)
#include <asm/cpuid/api.h>
#else
#include <asm/cpuid.h>
#endif
#include <asm/msr.h>

#include "hardware.h"

#undef cpuid_count
#define cpuid_count(leaf, subleaf, eax, ebx, ecx, edx)			\
	rdt_sim_cpuid(leaf, subleaf, eax, ebx, ecx, edx)
#undef cpuid_ebx
#define cpuid_ebx(leaf)		rdt_sim_cpuid_ebx(leaf)

#undef rdmsrq
#define rdmsrq(msr, val)	((val) = rdt_sim_rdmsr(msr))
#undef rdmsrl
#define rdmsrl(msr, val)	rdmsrq(msr, val)
#undef rdmsr
#define rdmsr(msr, low, high)						\
do {									\
	u64 __rdt_sim_val = rdt_sim_rdmsr(msr);				\
									\
	(low) = (u32)__rdt_sim_val;					\
	(high) = (u32)(__rdt_sim_val >> 32);				\
} while (0)

#undef wrmsrq
#define wrmsrq(msr, val)	rdt_sim_wrmsr(msr, val)
#undef wrmsrl
#define wrmsrl(msr, val)	rdt_sim_wrmsr(msr, val)
#undef wrmsr
#define wrmsr(msr, low, high)						\
	rdt_sim_wrmsr(msr, (u64)(high) << 32 | (u32)(low))
#undef wrmsrq_safe
#define wrmsrq_safe(msr, val)	(rdt_sim_wrmsr(msr, val), 0)
#undef wrmsrl_safe
#define wrmsrl_safe(msr, val)	wrmsrq_safe(msr, val)

#undef msr_set_bit
#define msr_set_bit(msr, bit)						\
	rdt_sim_wrmsr(msr, rdt_sim_rdmsr(msr) | BIT_ULL(bit))
#undef msr_clear_bit
#define msr_clear_bit(msr, bit)						\
	rdt_sim_wrmsr(msr, rdt_sim_rdmsr(msr) & ~BIT_ULL(bit))

/* The simulator looks at the CPU first and then calls the original. */
#include <asm/resctrl.h>
#define resctrl_cpu_detect	rdt_sim_original_cpu_detect

/* The sources that follow define their own. */
#undef pr_fmt

#endif /* _RDT_SIM_DIVERT_H */
