// SPDX-License-Identifier: GPL-2.0-only
/*
 * A BPF program, attached to a function that the kernel calls while it reads a counter, reads an event of
 * the same counters. It cannot have a value; but nothing may wait for it either. For kernels that have BPF
 * and kprobes, such as the debug kernel. A kprobe by a breakpoint, as here, runs like an NMI; one that is a
 * call, by ftrace, does not, and is what the kernel's l3_mon_is_nested() is for.
 */
#define _GNU_SOURCE
#include "pmutest.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KPROBE "/sys/bus/event_source/devices/kprobe"

/* The simulated hardware's: it runs inside of the kernel's critical section. */
static const char *probed(void)
{
	return access(ROOT "/mbm_L3_assignments", F_OK) ? "rdt_sim_read" : "rdt_sim_read_cntr";
}

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int event_array(int event)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint32_t),
		.max_entries = 1,
	};
	int map = bpf(BPF_MAP_CREATE, &attr), key = 0;

	need(map >= 0, "a map of events");
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	attr.key = (uint64_t)(uintptr_t)&key;
	attr.value = (uint64_t)(uintptr_t)&event;
	need(!bpf(BPF_MAP_UPDATE_ELEM, &attr), "the event in the map");
	return map;
}

/* bpf_perf_event_read(map, 0); return 0; */
static int program(int map)
{
	struct bpf_insn code[] = {
		{.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1,
		 .src_reg = BPF_PSEUDO_MAP_FD, .imm = map},
		{0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 0},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_perf_event_read},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	static char log[8192];
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_KPROBE,
		.insn_cnt = sizeof(code) / sizeof(*code),
		.insns = (uint64_t)(uintptr_t)code,
		.license = (uint64_t)(uintptr_t)"GPL",
		.log_buf = (uint64_t)(uintptr_t)log,
		.log_size = sizeof(log),
		.log_level = 1,
	};
	int fd = bpf(BPF_PROG_LOAD, &attr);

	need(fd >= 0, "the program: %s", log);
	return fd;
}

static int probe(int code)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = (uint32_t)get_number(KPROBE "/type"),
		.config1 = (uint64_t)(uintptr_t)probed(),
		.sample_period = 1,
	};
	int fd = open_attr(&attr, -1, 0, -1);

	need(fd >= 0, "a probe of %s", probed());
	need(!ioctl(fd, PERF_EVENT_IOC_SET_BPF, code), "the program attached");
	need(!ioctl(fd, PERF_EVENT_IOC_ENABLE, 0), "the probe enabled");
	return fd;
}

int main(void)
{
	int group, event, map, code, kprobe;
	struct count before, after;
	uint64_t value;
	cpu_set_t first;

	if (access(KPROBE, F_OK)) {
		ok(true, "read from within a read # skip this kernel has no kprobes");
		return outcome();
	}
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	need(!sched_setaffinity(0, sizeof(first), &first), "CPU 0");
	need(!put_text(SIM "/freeze", "1"), "freeze");
	group = open_group(ROOT);
	event = open_event(group, 0, TOTAL | ABSOLUTE, -1);
	need(event >= 0, "an event");
	value = file_value(ROOT, domain_of(0), TOTAL);
	map = event_array(event);
	code = program(map);
	kprobe = probe(code);

	before = read_event(event);
	is(file_value(ROOT, domain_of(0), TOTAL), value, "the file is read all the same");
	after = read_event(event);
	ok(after.lost > before.lost, "the event, from within that, is not: %d times",
	   (int)(after.lost - before.lost));
	is(after.value, value, "and keeps its count");
	close(kprobe);
	before = read_event(event);
	is(read_event(event).lost, before.lost, "without the program nothing is lost");

	close(code);
	close(map);
	close(event);
	close(group);
	need(!put_text(SIM "/freeze", "0"), "thaw");
	return outcome();
}
