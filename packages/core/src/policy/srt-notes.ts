/** One setting that has no equal here, or means less here than it did there. */
export interface NotCarriedOver {
  /** `filesystem.denyRead[0]`, `ignoreViolations` … */
  readonly path: string
  readonly value: unknown
  readonly why: string
  /** What to do in its place. */
  readonly instead: string
}

/** Why a setting stays behind, and what takes its place. */
export type Note = Pick<NotCarriedOver, 'why' | 'instead'>

const isOwn: Note = {
  why: 'it tunes how that runtime works, which is no matter of policy here',
  instead: 'nothing is needed',
}
const outside: Note = {
  why: 'the way out is built in here and is not a proxy of the caller',
  instead: 'leave it out; name hosts in network.allow',
}
const sockets: Note = {
  why: 'no socket of the host is shown inside',
  instead: 'run the service inside, or offer what it does as a tool of the host application',
}
const weaker: Note = {
  why: 'it weakens the isolation',
  instead: 'accept a clause by name in `allowWeaker` when creating the sandbox',
}
const masks: Note = {
  why: 'secrets are never inside here, so nothing is masked there',
  instead: 'define the secret in `credentials` and name it as `identity` of a rule',
}
const macOnly: Note = {
  why: 'it opens services of macOS',
  instead: 'offer what it is for as a tool of the host application',
}

/** Settings that are never carried over, by path; a path stands for all that lies below it. */
export const notes: Readonly<Record<string, Note>> = {
  'network.strictAllowlist': {
    why: 'the list is always strict here',
    instead: 'nothing is needed',
  },
  'network.allowUnixSockets': sockets,
  'network.allowAllUnixSockets': sockets,
  'network.allowLocalBinding': {
    why: 'the loopback interface inside is always usable, and is not the host’s',
    instead: 'use `ports.forward` to reach a server inside from the host',
  },
  'network.allowMachLookup': macOnly,
  'network.httpProxyPort': outside,
  'network.socksProxyPort': outside,
  'network.mitmProxy': outside,
  'network.parentProxy': outside,
  'network.filterRequest': {
    why: 'a function is no data',
    instead: 'write `methods` and `paths` into rules of network.allow',
  },
  'network.tlsTerminate': {
    why: 'requests are seen by default here, with certificates of the sandbox’s own',
    instead: 'set `tunnel: true` on the rules of hosts that must not be looked into',
  },
  'filesystem.disabled': { ...weaker, instead: 'mount what the sandbox needs' },
  'filesystem.allowGitConfig': {
    why: 'a writable .git/config lets the sandbox name programs that git runs on the host',
    instead:
      'mount the repository as `overlay`, or set `protectDefaults: false` and list `protect`',
  },
  'credentials.files': masks,
  'credentials.envVars': masks,
  'credentials.awsPairs': masks,
  'credentials.sigv4': masks,
  'credentials.allowPlaintextInject': masks,
  ignoreViolations: {
    why: 'a denial is part of each result here and is not logged elsewhere',
    instead: 'filter `result.denials`',
  },
  enableWeakerNestedSandbox: weaker,
  enableWeakerNetworkIsolation: weaker,
  allowAppleEvents: macOnly,
  allowPty: { why: 'a terminal is asked for per command', instead: 'use `spawn` with `terminal`' },
  ripgrep: isOwn,
  mandatoryDenySearchDepth: {
    why: 'protected paths are found at any depth here',
    instead: 'nothing is needed',
  },
  seccomp: isOwn,
  bwrapPath: { ...isOwn, instead: 'give the path to the driver' },
  socatPath: isOwn,
  javaAgentJarPath: isOwn,
  windows: isOwn,
  git: {
    why: 'the environment of git is not set by policy',
    instead: 'set GIT_CONFIG_COUNT, GIT_CONFIG_KEY_0 and GIT_CONFIG_VALUE_0 in `environment`',
  },
}
