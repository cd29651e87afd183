#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does kernel/reports, which kernel/boot fails a guest by, know what Linux prints when something is wrong?

The lines are those of the format strings of Linux 6.12 and 7.3, each the first of its report, without what follows.
"""

import subprocess
import sys
import tempfile

WRONG = '''\
WARNING: CPU: 1 PID: 42 at fs/resctrl/monitor.c:123 mon_event_count+0x10/0x20
BUG: unable to handle page fault for address: ffffc90000000000
BUG: kernel NULL pointer dereference, address: 0000000000000008
BUG: sleeping function called from invalid context at kernel/locking/mutex.c:585
BUG: scheduling while atomic: cat/42/0x00000002
BUG: KASAN: slab-use-after-free in rdtgroup_kf_name+0x1/0x2
BUG: Bad rss-counter state mm:1 type:MM_ANONPAGES val:1
BUG: spinlock bad magic on CPU#0, swapper/0/1
BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 31s!
BUG kmalloc-64 (Tainted: G        W        ): Poison overwritten
------------[ cut here ]------------
kernel BUG at fs/resctrl/rdtgroup.c:100!
Oops: general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1] SMP
general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1] SMP
PANIC: double fault, error_code: 0x0
traps: PANIC: double fault, error_code: 0x0
PANIC: early exception 0x0d IP 10:ffffffff81000000 error 0 cr2 0x0
Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000009
Fixing recursive fault but reboot is needed!
note: cat[42] exited with irqs disabled
note: cat[42] exited with preempt_count 1
bad: scheduling from the idle thread!
unchecked MSR access error: WRMSR to 0xc90 (tried to write 0x0) at rIP: 0xffffffff81000000 (wrmsr+0x1/0x2)
irq 9: nobody cared (try booting with the "irqpoll" option)
Disabling IRQ #9
watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [cat:42]
watchdog: CPU1: Watchdog detected hard LOCKUP on cpu 1
INFO: task cat:42 blocked for more than 122 seconds.
rcu: INFO: rcu_preempt self-detected stall on CPU
rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
rcu: rcu_preempt kthread starved for 2000 jiffies! g1 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x0 ->cpu=0
WARNING: possible circular locking dependency detected
WARNING: possible recursive locking detected
WARNING: inconsistent lock state
WARNING: suspicious RCU usage
[ BUG: Invalid wait context ]
INFO: trying to register non-static key.
turning off the locking correctness validator.
INFO: lockdep is turned off.
UBSAN: shift-out-of-bounds in fs/resctrl/ctrlmondata.c:1:2
list_add corruption. prev->next should be next (1), but was 2. (prev=3).
ODEBUG: free active (active state 0) object: 1 object type: work_struct hint: cqm_handle_limbo+0x0/0x1
refcount_t: underflow; use-after-free.
cat: page allocation failure: order:4, mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO), nodemask=(null)
cat invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0
Out of memory: Killed process 42 (cat) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB
kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
kmemleak: Kernel memory leak detector disabled
kobject (1): tried to init an initialized object, something is seriously wrong.
sysfs: cannot create duplicate filename '/fs/resctrl'
VFS: Busy inodes after unmount of resctrl (resctrl)
'''

FINE = '''\
Linux version 7.3.4 (root@host) (gcc (Debian 12.2.0-14) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP PREEMPT
Command line: console=ttyS0 quiet panic=-1 oops=panic log_buf_len=4M no_timer_check tsc=reliable root=root
rcu: Hierarchical SRCU implementation.
rcu: 	RCU lockdep checking is enabled.
kasan: KernelAddressSanitizer initialized (generic)
Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar
kmemleak: Kernel memory leak detector initialized (mem pool available: 15700)
NMI watchdog: Perf NMI watchdog permanently disabled
resctrl: L3 monitoring detected
clocksource: tsc: mask: 0xffffffffffffffff max_cycles: 0x1, max_idle_ns: 440795202126 ns
smpboot: CPU 3 is now offline
cat (42) used greatest stack depth: 12000 bytes left
kworker/u16:3 (42) used greatest stack depth: 11000 bytes left
'''


def reported(lines):
    """What the script makes of a log with these lines."""
    with tempfile.NamedTemporaryFile('w') as log:
        log.write(''.join(f'[   12.345678] {line}\n' for line in lines))
        log.flush()
        run = subprocess.run([sys.argv[1], log.name], capture_output=True, text=True, check=False)
    return run.returncode, [line[15:] for line in run.stdout.splitlines()]


wrong, fine = WRONG.splitlines(), FINE.splitlines()
print(f'1..{len(wrong) + 2}')
for number, line in enumerate(wrong, 1):
    print('ok' if reported(fine + [line]) == (0, [line]) else 'not ok', number, '-', line.replace('#', ''))
print('ok' if reported(fine) == (1, []) else 'not ok', len(wrong) + 1, '- nothing is wrong')
print('ok' if reported(fine + wrong) == (0, wrong) else 'not ok', len(wrong) + 2, '- all at once')
