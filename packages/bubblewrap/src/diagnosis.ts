import type { ProbeFinding } from '@caisson/core'

/** What a diagnosis looks at beside the error text. */
export interface DiagnosisFacts {
  readonly uid: number
  /** Values of files such as `/proc/sys/user/max_user_namespaces`; `null` when missing. */
  readonly read: (path: string) => string | null
}

interface Cause {
  readonly code: string
  readonly matches: (text: string, facts: DiagnosisFacts) => boolean
  readonly message: string
  readonly remedy: string
}

const setFileCapabilities = 1n << 31n
const dockerRemedy =
  'docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined …'

/** From the most telling to the least: the first that matches is the answer. */
const causes: readonly Cause[] = [
  {
    code: 'user-namespaces-off',
    matches: (text, facts) => areNamespacesOff(facts) && /namespace|uid map|clone/i.test(text),
    message: 'this kernel is set to refuse user namespaces',
    remedy: 'sudo sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000',
  },
  {
    code: 'apparmor-restricts-user-namespaces',
    matches: (text, facts) =>
      facts.uid !== 0 &&
      isSet(facts, '/proc/sys/kernel/apparmor_restrict_unprivileged_userns') &&
      /uid map|loopback|RTM_|namespace|Permission denied|Operation not permitted/i.test(text),
    message:
      'AppArmor takes the rights away from user namespaces of programs without a profile (Ubuntu 23.10 and later)',
    remedy: 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
  },
  {
    code: 'setfcap-missing',
    matches: (text, facts) =>
      facts.uid === 0 && /uid map/.test(text) && !hasSetFileCapabilities(facts),
    message:
      'root without CAP_SETFCAP may not map itself into a user namespace (Linux 5.12 and later)',
    remedy: 'docker run --cap-add SETFCAP … (or run as an ordinary user)',
  },
  {
    code: 'proc-masked',
    matches: (text) => /mount proc/.test(text),
    message: 'a container manager covers parts of /proc, so the kernel refuses a new one',
    remedy: dockerRemedy,
  },
  {
    code: 'container-blocks-namespaces',
    matches: (text, facts) =>
      isContainer(facts) && /namespace|make \/ slave|pivot_root|clone|mount/i.test(text),
    message: "the container's seccomp or AppArmor profile refuses new namespaces and mounts",
    remedy: dockerRemedy,
  },
  {
    code: 'namespaces-refused',
    matches: (text) => /namespace|uid map|make \/ slave|loopback/i.test(text),
    message: 'the kernel refuses the namespaces that a sandbox is made of',
    remedy:
      'unshare --user --map-root-user --net --pid --fork true  # shows whether this user may make them',
  },
  {
    code: 'bwrap-setuid',
    matches: (text) => /setuid/.test(text),
    message: 'bwrap is installed set-user-id, which lacks what the driver needs',
    remedy: 'sudo chmod u-s "$(command -v bwrap)"',
  },
  {
    code: 'bwrap-too-old',
    matches: (text) => /Unknown option/.test(text),
    message: 'this bwrap lacks an option that the driver needs',
    remedy: 'sudo apt-get install bubblewrap  # 0.8 or later',
  },
  {
    code: 'source-unreadable',
    matches: (text) => /find source path|bind mount/i.test(text),
    message: 'bwrap could not reach a file or folder that the sandbox is to show',
    remedy: 'check that the user of the sandbox may enter every folder above the mounts',
  },
]

/** What stands behind an error text of bwrap or init. */
export function diagnose(text: string, facts: DiagnosisFacts): ProbeFinding {
  const told = text.trim().split('\n').slice(0, 4).join(' ').slice(0, 500)
  // What init reports happens inside the namespaces: nothing of the host's set-up explains it.
  const isInside = text.startsWith('setting up the sandbox')
  const cause = isInside ? undefined : causes.find((one) => one.matches(text, facts))
  return {
    code: cause?.code ?? 'start-failed',
    severity: 'blocking',
    message: `${cause?.message ?? 'a trivial sandbox did not start'} (${told || 'no message'})`,
    remedy:
      cause?.remedy ??
      'bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev true  # and read its message',
  }
}

/** Whether settings of the kernel rule user namespaces out, whatever bwrap would say. */
export function areNamespacesOff(facts: DiagnosisFacts): boolean {
  const unprivileged = facts.read('/proc/sys/kernel/unprivileged_userns_clone')?.trim()
  const most = facts.read('/proc/sys/user/max_user_namespaces')?.trim()
  return most === '0' || (facts.uid !== 0 && unprivileged === '0')
}

function isSet(facts: DiagnosisFacts, path: string): boolean {
  return facts.read(path)?.trim() === '1'
}

function isContainer(facts: DiagnosisFacts): boolean {
  if (facts.read('/.dockerenv') !== null || facts.read('/run/.containerenv') !== null) return true
  return /docker|containerd|kubepods|libpod/.test(facts.read('/proc/1/cgroup') ?? '')
}

function hasSetFileCapabilities(facts: DiagnosisFacts): boolean {
  const [, hex] = /^CapEff:\s*([0-9a-f]+)$/m.exec(facts.read('/proc/self/status') ?? '') ?? []
  return hex === undefined || (BigInt(`0x${hex}`) & setFileCapabilities) !== 0n
}
