// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/rdt_sim/: how a test moves the simulated hardware.
 *
 * set           w   "DOMAIN RMID EVENT RAW": the counter is RAW now
 * flags         w   "DOMAIN RMID EVENT FLAGS": E Error, U Unavailable, u Unavailable
 *                   for one read, - neither
 * freeze        rw  1: simulated time stands still
 * follow_tasks  rw  0: each RMID has its own traffic, (RMID + 1) MiB/s, half of it
 *                   local; 1: those have traffic whose tasks run
 * task_rate     rw  bytes per second of a running task, with follow_tasks
 * fall          rw  bytes of occupancy per second that an RMID loses which no
 *                   running task has
 * scale         r   bytes of one count, as resctrl shows them
 * reads         r   reads of QM_CTR so far
 * state         r   everything
 *
 * DOMAIN is the number at the end of a mon_L3_* name, or with SNC of a
 * mon_sub_L3_* name. EVENT is 1 llc_occupancy, 2 mbm_total_bytes, 3
 * mbm_local_bytes. -1 stands for all.
 */
#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "sim.h"

#define COMMAND_MAX	128

/* What a command is about, -1 for all, and its last word. */
struct target {
	int domain;
	int rmid;
	int event;
	char *argument;
};

typedef void (*apply_fn)(unsigned int domain, u32 rmid, enum rdt_sim_event event, u64 what);

static int parse_target(char *text, struct target *target)
{
	int *number[] = { &target->domain, &target->rmid, &target->event };
	const int max[] = {
		RDT_SIM_MAX_DOMAINS - 1, rdt_sim_domain_rmids() - 1, RDT_SIM_NR_EVENTS
	};
	unsigned int i;
	char *word;

	text = strim(text);
	for (i = 0; i < ARRAY_SIZE(number); i++) {
		word = strsep(&text, " ");
		if (!text || kstrtoint(word, 0, number[i]) || *number[i] < -1 ||
		    *number[i] > max[i])
			return -EINVAL;
	}
	if (!target->event)
		return -EINVAL;
	if (target->domain >= 0 && !rdt_sim_domain_exists(target->domain))
		return -ENOENT;
	target->argument = text;
	return 0;
}

static void apply_all(const struct target *target, apply_fn apply, u64 what)
{
	unsigned int domain, rmid, event;

	for (domain = 0; domain < RDT_SIM_MAX_DOMAINS; domain++) {
		if (!rdt_sim_domain_exists(domain) ||
		    (target->domain >= 0 && target->domain != domain))
			continue;
		for (rmid = 0; rmid < rdt_sim_domain_rmids(); rmid++)
			for (event = 1; event <= RDT_SIM_NR_EVENTS; event++)
				if ((target->rmid < 0 || target->rmid == rmid) &&
				    (target->event < 0 || target->event == event))
					apply(domain, rmid, event, what);
	}
}

/* The last word of a command, which says what is to become of the target. */
typedef int (*parse_fn)(const char *word, u64 *what);

static ssize_t run_command(const char __user *text, size_t length, parse_fn parse, apply_fn apply)
{
	char command[COMMAND_MAX];
	struct target target;
	u64 what;
	int err;

	if (length >= sizeof(command))
		return -EINVAL;
	if (copy_from_user(command, text, length))
		return -EFAULT;
	command[length] = '\0';

	err = parse_target(command, &target);
	if (!err)
		err = parse(target.argument, &what);
	if (err)
		return err;
	apply_all(&target, apply, what);
	return length;
}

static int parse_raw(const char *word, u64 *raw)
{
	return kstrtou64(word, 0, raw);
}

static ssize_t set_write(struct file *file, const char __user *text, size_t length, loff_t *pos)
{
	return run_command(text, length, parse_raw, rdt_sim_set);
}

static const struct file_operations set_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = set_write,
};

static const struct {
	char letter;
	u8 flag;
} flag_letters[] = {
	{ 'E', RDT_SIM_FLAG_ERROR },
	{ 'U', RDT_SIM_FLAG_UNAVAILABLE },
	{ 'u', RDT_SIM_FLAG_UNAVAILABLE_ONCE },
	{ '-', 0 },
};

static int parse_flags(const char *word, u64 *flags)
{
	unsigned int i;

	for (*flags = 0; *word; word++) {
		for (i = 0; i < ARRAY_SIZE(flag_letters); i++)
			if (flag_letters[i].letter == *word)
				break;
		if (i == ARRAY_SIZE(flag_letters))
			return -EINVAL;
		*flags |= flag_letters[i].flag;
	}
	return 0;
}

static ssize_t flags_write(struct file *file, const char __user *text, size_t length, loff_t *pos)
{
	return run_command(text, length, parse_flags, rdt_sim_set_flags);
}

static const struct file_operations flags_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = flags_write,
};

static int setting_get(void *data, u64 *value)
{
	*value = rdt_sim_get_setting((unsigned long)data);
	return 0;
}

static int setting_set(void *data, u64 value)
{
	rdt_sim_change_setting((unsigned long)data, value);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(setting_fops, setting_get, setting_set, "%llu\n");

static const char * const setting_names[RDT_SIM_NR_SETTINGS] = {
	[RDT_SIM_FREEZE] = "freeze",
	[RDT_SIM_FOLLOW_TASKS] = "follow_tasks",
	[RDT_SIM_TASK_RATE] = "task_rate",
	[RDT_SIM_FALL] = "fall",
};

static void show_controls(struct seq_file *m, unsigned int l3)
{
	static const char * const names[RDT_SIM_NR_CONTROLS] = {
		[RDT_SIM_L3_MASK] = "l3",
		[RDT_SIM_MB_DELAY] = "mba_delay",
		[RDT_SIM_MB_LIMIT] = "mb",
		[RDT_SIM_SMB_LIMIT] = "smb",
	};
	unsigned int i, closid;

	for (i = 0; i < RDT_SIM_NR_CONTROLS; i++) {
		seq_printf(m, "cache %u %s", l3, names[i]);
		for (closid = 0; closid < rdt_sim_model.closids; closid++)
			seq_printf(m, i == RDT_SIM_L3_MASK ? " %x" : " %u",
				   rdt_sim_control(l3, i, closid));
		seq_putc(m, '\n');
	}
}

static void show_rmid(struct seq_file *m, unsigned int domain, u32 rmid)
{
	enum rdt_sim_event event;
	u8 flags[RDT_SIM_NR_EVENTS];
	unsigned int i;

	seq_printf(m, "dom %u rmid %u raw", domain, rmid);
	for (event = 1; event <= RDT_SIM_NR_EVENTS; event++)
		seq_printf(m, " %llu", rdt_sim_peek(domain, rmid, event, &flags[event - 1]));
	seq_puts(m, " flags");
	for (event = 1; event <= RDT_SIM_NR_EVENTS; event++) {
		seq_putc(m, ' ');
		if (!flags[event - 1])
			seq_putc(m, '-');
		for (i = 0; i < ARRAY_SIZE(flag_letters); i++)
			if (flags[event - 1] & flag_letters[i].flag)
				seq_putc(m, flag_letters[i].letter);
	}
	seq_putc(m, '\n');
}

static void show_domain(struct seq_file *m, unsigned int domain)
{
	struct rdt_sim_cntr_state cntr;
	unsigned int i;

	for (i = 0; i < rdt_sim_domain_rmids(); i++)
		show_rmid(m, domain, i);
	for (i = 0; i < rdt_sim_model.cntrs; i++) {
		rdt_sim_peek_cntr(domain, i, &cntr);
		if (cntr.enabled)
			seq_printf(m, "dom %u cntr %u rmid %u transactions 0x%x raw %llu\n",
				   domain, i, cntr.rmid, cntr.transactions, cntr.raw);
	}
}

static int state_show(struct seq_file *m, void *unused)
{
	DECLARE_BITMAP(shown, RDT_SIM_MAX_DOMAINS) = { };
	struct rdt_sim_cpu_state state;
	unsigned int cpu, domain;

	guard(cpus_read_lock)();
	for_each_online_cpu(cpu) {
		rdt_sim_cpu_state(cpu, &state);
		seq_printf(m, "cpu %u dom %d cache %d closid %u rmid %u %s\n", cpu,
			   state.user.domain, state.l3, state.closid, state.user.rmid,
			   state.user.busy ? "busy" : "idle");
	}
	for_each_online_cpu(cpu) {
		rdt_sim_cpu_state(cpu, &state);
		if (!__test_and_set_bit(state.l3, shown))
			show_controls(m, state.l3);
	}
	for (domain = 0; domain < RDT_SIM_MAX_DOMAINS; domain++)
		if (rdt_sim_domain_exists(domain))
			show_domain(m, domain);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

static u32 scale;

static int __init control_init(void)
{
	struct dentry *dir;
	unsigned long i;

	if (!rdt_sim_present())
		return 0;
	dir = debugfs_create_dir("rdt_sim", NULL);
	debugfs_create_file("set", 0200, dir, NULL, &set_fops);
	debugfs_create_file("flags", 0200, dir, NULL, &flags_fops);
	for (i = 0; i < RDT_SIM_NR_SETTINGS; i++)
		debugfs_create_file(setting_names[i], 0600, dir, (void *)i, &setting_fops);
	scale = rdt_sim_model.scale / rdt_sim_model.nodes;
	debugfs_create_u32("scale", 0400, dir, &scale);
	debugfs_create_atomic_t("reads", 0400, dir, &rdt_sim_reads);
	debugfs_create_file("state", 0400, dir, NULL, &state_fops);
	return 0;
}
late_initcall(control_init);
