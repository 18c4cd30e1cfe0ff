import { absent, allow, type Decision, errno, refuse } from './decision.ts'

/** System calls that are refused together, for one reason. */
export interface RefusedGroup {
  readonly name: string
  readonly reason: string
  readonly decision: Decision
  readonly systemCalls: readonly string[]
}

/** A system call that depends on one of its arguments. */
export interface ArgumentRule {
  readonly systemCalls: readonly string[]
  readonly reason: string
  readonly decision: Decision
}

/**
 * What no program needs inside and what has broken kernels before. Most of it wants a capability
 * that nothing inside has; the filter stands in front so that a mistake in the kernel's own check is
 * out of reach. `ptrace` and its kin stay: debuggers need them, and PID 1 is undumpable.
 */
export const refusedGroups: readonly RefusedGroup[] = [
  {
    name: 'namespaces',
    reason:
      'a new user namespace gives back capabilities, and with them the kernel code they guard',
    decision: refuse,
    systemCalls: ['unshare', 'setns'],
  },
  {
    name: 'clone3',
    reason: 'its flags lie in memory, where a filter cannot read them; libc falls back to clone',
    decision: absent,
    systemCalls: ['clone3'],
  },
  {
    name: 'mounts',
    reason: 'the file view is the wall',
    decision: refuse,
    systemCalls: [
      'mount',
      'umount2',
      'pivot_root',
      'chroot',
      'move_mount',
      'open_tree',
      'open_tree_attr',
      'fsopen',
      'fsconfig',
      'fsmount',
      'fspick',
      'mount_setattr',
    ],
  },
  {
    name: 'file handles',
    reason: 'a handle opens a file by number, past every path that was covered',
    decision: refuse,
    systemCalls: ['open_by_handle_at'],
  },
  {
    name: 'open by structure',
    reason:
      'its mode lies in memory, where a filter cannot look for set-id bits; callers fall back to openat',
    decision: absent,
    systemCalls: ['openat2'],
  },
  {
    name: 'keyrings',
    reason: 'kernel keyrings are not wholly divided by namespaces',
    decision: refuse,
    systemCalls: ['keyctl', 'add_key', 'request_key'],
  },
  {
    name: 'kernel programs',
    reason: 'large surfaces with a long list of past holes',
    decision: refuse,
    systemCalls: ['bpf', 'perf_event_open', 'userfaultfd', 'fanotify_init', 'kcmp'],
  },
  {
    name: 'io_uring',
    reason: 'performs other calls unseen by this filter; callers fall back as on an older kernel',
    decision: absent,
    systemCalls: ['io_uring_setup', 'io_uring_enter', 'io_uring_register'],
  },
  {
    name: 'asynchronous i/o of before',
    reason:
      'its contexts are counted for the whole machine (fs.aio-max-nr of proc(5)); libaio reports a kernel without it',
    decision: absent,
    systemCalls: ['io_setup'],
  },
  {
    name: 'kernel code',
    reason: 'loads code into the kernel, or another kernel',
    decision: refuse,
    systemCalls: ['init_module', 'finit_module', 'delete_module', 'kexec_load', 'kexec_file_load'],
  },
  {
    name: 'clocks',
    reason: 'the clock belongs to the host',
    decision: refuse,
    systemCalls: ['settimeofday', 'clock_settime', 'adjtimex', 'clock_adjtime'],
  },
  {
    name: 'administration',
    reason: 'acts on the whole machine',
    decision: refuse,
    systemCalls: [
      'reboot',
      'swapon',
      'swapoff',
      'acct',
      'quotactl',
      'quotactl_fd',
      'syslog',
      'vhangup',
      'sethostname',
      'setdomainname',
      'nfsservctl',
      'lookup_dcookie',
    ],
  },
  {
    name: 'memory placement',
    reason: 'moves pages of other processes, with a history of holes; libraries do without',
    decision: refuse,
    systemCalls: [
      'mbind',
      'set_mempolicy',
      'set_mempolicy_home_node',
      'migrate_pages',
      'move_pages',
    ],
  },
  {
    name: 'x86 relics',
    reason: 'ports and segments of the processor',
    decision: refuse,
    systemCalls: ['iopl', 'ioperm', 'modify_ldt'],
  },
  {
    name: 'obsolete',
    reason: 'unused for decades, hence unwatched',
    decision: absent,
    systemCalls: ['uselib', 'ustat', 'sysfs', '_sysctl'],
  },
]

/** `CLONE_NEWNS`, `NEWCGROUP`, `NEWUTS`, `NEWIPC`, `NEWUSER`, `NEWPID` and `NEWNET` of clone(2). */
const namespaceFlags = 0x7e020000

/** `TIOCSTI`, `TIOCLINUX`, `TIOCSETD`: ioctl_tty(2). */
const terminalInjection = [0x5412, 0x541c, 0x5423]

/** `PER_LINUX`, `PER_LINUX32`, both with `UNAME26`, `ADDR_NO_RANDOMIZE`, and the query: personality(2). */
const harmlessPersonalities = [0, 0x8, 0x20000, 0x20008, 0x40000, 0xffffffff]

const setIdBits = 0o6000
/** `O_CREAT` and `__O_TMPFILE` of open(2): without them the mode is not looked at, and may hold anything. */
const creates = 0x400040
const family = { unix: 1, inet: 2, inet6: 10, netlink: 16 } as const
const streamType = 1
const typeMask = 0xf

/** default, ICMP, TCP, UDP, ICMPv6. SCTP, DCCP, MPTCP and L2TP are surface that nobody misses. */
const inetProtocols = [0, 1, 6, 17, 58]

/** A set-id file in a mount would hand the host's user to whoever runs it there. */
const setIdRules: readonly ArgumentRule[] = [
  {
    systemCalls: ['chmod', 'fchmod', 'creat', 'mknod'],
    reason: 'a set-id file in a mount would hand the host user to other users of the host',
    decision: anyBit([1, setIdBits], refuse),
  },
  {
    systemCalls: ['fchmodat', 'fchmodat2', 'mknodat'],
    reason: 'as chmod and mknod',
    decision: anyBit([2, setIdBits], refuse),
  },
  {
    systemCalls: ['open'],
    reason: 'as chmod, for a file that is made',
    decision: anyBit([1, creates], anyBit([2, setIdBits], refuse)),
  },
  {
    systemCalls: ['openat'],
    reason: 'as open',
    decision: anyBit([2, creates], anyBit([3, setIdBits], refuse)),
  },
]

/** The rules that look at arguments. `unixSockets` is `process.unixSockets` of the policy. */
export function argumentRules(unixSockets: boolean): readonly ArgumentRule[] {
  return [
    {
      systemCalls: ['clone'],
      reason: 'threads and processes, but no namespaces',
      decision: anyBit([0, namespaceFlags], refuse),
    },
    {
      systemCalls: ['ioctl'],
      reason: 'TIOCSTI and TIOCLINUX type into a terminal; TIOCSETD loads line disciplines',
      decision: oneOf(1, terminalInjection, refuse, allow),
    },
    {
      systemCalls: ['personality'],
      reason: 'some personalities switch memory protections off',
      decision: oneOf(0, harmlessPersonalities, allow, refuse),
    },
    {
      systemCalls: ['prlimit64'],
      reason: 'the kernel lets a user change the limits of all his processes, init among them',
      decision: oneOf(0, [0], allow, refuse),
    },
    ...setIdRules,
    ...socketRules(unixSockets),
  ]
}

function socketRules(unixSockets: boolean): readonly ArgumentRule[] {
  return [
    {
      systemCalls: ['socket'],
      reason: 'local, internet and route sockets only; no vsock to a hypervisor, no kernel crypto',
      decision: socketDecision(unixSockets),
    },
    {
      systemCalls: ['socketpair'],
      reason: 'a datagram pair could be connected to a named socket later, a stream pair cannot',
      decision: socketPairDecision(unixSockets),
    },
  ]
}

function socketDecision(unixSockets: boolean): Decision {
  const otherFamily: Decision = { kind: 'errno', errno: errno.EAFNOSUPPORT }
  const otherProtocol: Decision = { kind: 'errno', errno: errno.EPROTONOSUPPORT }
  const inet = oneOf(2, inetProtocols, allow, otherProtocol)
  const netlink = oneOf(2, [0], allow, otherFamily)
  const local = unixSockets ? allow : refuse
  const afterInet = oneOf(0, [family.netlink], netlink, otherFamily)
  return oneOf(0, [family.unix], local, oneOf(0, [family.inet, family.inet6], inet, afterInet))
}

function socketPairDecision(unixSockets: boolean): Decision {
  const otherFamily: Decision = { kind: 'errno', errno: errno.EAFNOSUPPORT }
  const stream: Decision = {
    kind: 'match',
    argument: 1,
    mask: typeMask,
    values: [streamType],
    matched: allow,
    otherwise: refuse,
  }
  return oneOf(0, [family.unix], unixSockets ? allow : stream, otherFamily)
}

function oneOf(
  argument: number,
  values: readonly number[],
  ...[matched, otherwise]: [Decision, Decision]
): Decision {
  return { kind: 'match', argument, mask: 0xffffffff, values, matched, otherwise }
}

function anyBit([argument, bits]: readonly [number, number], matched: Decision): Decision {
  return { kind: 'any-bit', argument, bits, matched, otherwise: allow }
}
