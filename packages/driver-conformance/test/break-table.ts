import { mkdir } from 'node:fs/promises'
import { createSandbox } from '@caisson/core'
import type { Break, ScriptedAnswer } from './unsafe-host/breaks.ts'
import type { UnsafeHostOptions } from './unsafe-host/driver.ts'

/** A way to break one promise. */
export interface Sabotage {
  readonly how: string
  readonly driver: UnsafeHostOptions
  /** Whether the unsafe driver keeps the promise when nothing is broken. */
  readonly isKeptOtherwise: boolean
  /** Creates sandboxes in place of core, where it is core that keeps the promise. */
  readonly create?: typeof createSandbox
}

/** The promise needs a wall, and the bare host has none. */
const unsandboxed: Sabotage = { how: 'no sandbox', driver: {}, isKeptOtherwise: false }

function broken(...breaks: Break[]): Sabotage {
  return { how: breaks.join(' and '), driver: { breaks }, isKeptOtherwise: true }
}

/** The driver runs nothing and says that it went well, or whatever it is told to say. */
function lies(answer: ScriptedAnswer = { exitCode: 0 }): Sabotage {
  const told = JSON.stringify(answer)
  return {
    how: `answers ${told} to everything`,
    driver: { script: () => answer },
    isKeptOtherwise: false,
  }
}

/** The same, for a promise that the bare host keeps. */
function liesThough(answer: ScriptedAnswer = { exitCode: 0 }): Sabotage {
  return { ...lies(answer), isKeptOtherwise: true }
}

const makesSources: Sabotage = {
  how: 'missing sources are made',
  driver: {},
  isKeptOtherwise: true,
  create: async (options) => {
    for (const { source } of options.policy.filesystem?.mounts ?? [])
      await mkdir(source, { recursive: true })
    return createSandbox(options)
  },
}

const writesThrough: Sabotage = {
  how: 'overlays become write mounts',
  driver: { capabilities: { overlay: false } },
  isKeptOtherwise: true,
  create: async (options) => {
    const mounts = options.policy.filesystem?.mounts?.map((mount) => ({
      ...mount,
      access: 'write' as const,
    }))
    return createSandbox({ ...options, policy: { filesystem: { mounts } } })
  },
}

const ignoresTerminals: Sabotage = {
  how: 'terminals are ignored',
  driver: { capabilities: { pty: false } },
  isKeptOtherwise: true,
  create: async (options) => {
    const sandbox = await createSandbox(options)
    return Object.assign(Object.create(sandbox) as typeof sandbox, {
      exec: (command: string) => sandbox.exec(command),
      destroy: () => sandbox.destroy(),
    })
  },
}

const readOnlyReport = {
  exitCode: 1,
  stderr: 'sh: 1: cannot create /usr/x: Read-only file system\n',
}

const refusal = JSON.stringify({
  refused: { code: 'host_not_allowed', remedy: 'allow it in the policy' },
})

/** The driver runs nothing and answers as requests would be. */
function answers(...told: readonly (readonly [number, string])[]): Sabotage {
  return lies({ exitCode: 0, stdout: JSON.stringify(told) })
}

/** Every behaviour with at least one way to break it. */
export const breakTable: Readonly<Record<string, readonly Sabotage[]>> = {
  'files.write-mount-create': [liesThough()],
  'files.write-mount-rename': [liesThough()],
  'files.write-mount-owner': [liesThough()],
  'files.read-mount-refuses': [unsandboxed, lies()],
  'files.read-mount-fs-api': [unsandboxed],
  'files.outside-unseen': [unsandboxed],
  'files.outside-unwritable': [unsandboxed],
  'files.private-tmp': [unsandboxed],
  'files.host-folders-unseen': [unsandboxed],
  'files.system-read-only': [lies()],
  'files.source-missing': [makesSources],
  'files.source-symlink': [unsandboxed],
  'files.single-file': [unsandboxed],
  'files.target': [unsandboxed],
  'files.created-later': [unsandboxed, lies()],
  'files.nested-mounts': [unsandboxed],
  'links.read-through': [unsandboxed],
  'links.write-through': [unsandboxed],
  'links.swapped': [unsandboxed],
  'links.download': [lies()],
  'links.upload': [broken('follows-links-in-tar')],
  'links.hard-outside': [unsandboxed],
  'links.hard-protected': [unsandboxed],
  'links.dangling-source': [unsandboxed],
  'special-files.fifo': [unsandboxed],
  'special-files.socket': [liesThough()],
  'special-files.make-device': [lies()],
  'special-files.host-devices': [unsandboxed],
  'special-files.device-in-mount': [unsandboxed],
  'special-files.setuid': [unsandboxed],
  'special-files.set-id-made': [unsandboxed],
  'special-files.capabilities': [unsandboxed],
  'special-files.descriptors': [{ ...broken('leaks-descriptor'), isKeptOtherwise: false }],
  'deny.unreadable': [unsandboxed],
  'deny.unwritable': [unsandboxed],
  'deny.ancestor-rename': [unsandboxed],
  'deny.wins': [unsandboxed],
  'deny.created-later': [unsandboxed],
  'deny.unmatched': [liesThough()],
  'protect.defaults': [unsandboxed],
  'protect.start-up-files': [unsandboxed],
  'protect.custom': [unsandboxed],
  'protect.off': [unsandboxed],
  'protect.ancestor-rename': [unsandboxed],
  'protect.created-later': [unsandboxed],
  'protect.no-placeholders': [liesThough()],
  'git.commit': [liesThough()],
  'git.branches': [liesThough()],
  'git.upkeep': [liesThough()],
  'git.worktree': [liesThough()],
  'git.submodule': [liesThough()],
  'git.status-clean': [liesThough({ exitCode: 0, stdout: ' M tracked\n' })],
  'overlay.host-untouched': [unsandboxed],
  'overlay.changes': [unsandboxed],
  'overlay.commit': [lies()],
  'overlay.commit-filter': [unsandboxed],
  'overlay.commit-protected': [unsandboxed],
  'overlay.discard': [unsandboxed],
  'overlay.deny': [unsandboxed],
  'overlay.hostile-links': [unsandboxed, lies()],
  'overlay.hostile-specials': [unsandboxed],
  'overlay.hostile-names': [unsandboxed],
  'overlay.refused': [writesThrough],
  'processes.host-unseen': [unsandboxed],
  'processes.host-signals': [unsandboxed],
  'processes.host-ptrace': [unsandboxed],
  'processes.init-memory': [lies()],
  'processes.init-ptrace': [lies()],
  'processes.kill-everything': [lies({ exitCode: 137 })],
  'processes.background': [broken('ends-background')],
  'processes.timeout': [broken('kills-leader-only')],
  'processes.abort': [broken('kills-leader-only')],
  'processes.destroy': [broken('kills-leader-only')],
  'processes.host-killed': [unsandboxed],
  'processes.orphans-reaped': [lies({ exitCode: 0, stdout: '3\n' })],
  'processes.list': [liesThough()],
  'exit.codes': [broken('masks-exit-codes')],
  'exit.signals': [broken('tells-signals-as-codes')],
  'exit.kill': [broken('sends-sigkill-only')],
  'exit.not-started': [broken('starts-anything')],
  'exit.arguments': [broken('joins-arguments')],
  'exit.working-directory': [broken('ignores-working-directory')],
  'ipc.system-v': [unsandboxed],
  'ipc.shared-memory-files': [unsandboxed],
  'ipc.abstract-sockets': [unsandboxed],
  'ipc.socket-files': [unsandboxed],
  'ipc.unix-sockets-work': [liesThough()],
  'ipc.unix-sockets-off': [unsandboxed],
  'namespaces.unshare': [unsandboxed],
  'namespaces.mount': [lies()],
  'namespaces.uncover': [lies()],
  'namespaces.join': [lies()],
  'namespaces.kernel-settings': [lies()],
  'namespaces.kernel-interfaces': [unsandboxed, lies({ exitCode: 0, stdout: '0' })],
  'network.own-loopback': [liesThough()],
  'network.host-loopback': [unsandboxed],
  'network.host-datagrams': [unsandboxed],
  'network.no-route': [lies({ exitCode: 0, stdout: 'a\nb\n    lo: 1\n  eth0: 1\n' })],
  'network.strange-sockets': [unsandboxed, lies()],
  'network.ports-forward': [unsandboxed],
  'egress.none': [unsandboxed],
  'egress.proxy-variables': [lies({ exitCode: 0, stdout: 'GET served.good.test/a?b=c was here' })],
  'egress.no-variables': [answers([200, 'GET served.good.test/a was here'])],
  'egress.system-bundle': [lies({ exitCode: 0, stdout: 'GET served.good.test/ was here' })],
  'egress.methods-and-paths': [answers([200, ''], [200, ''], [200, ''], [200, ''])],
  'egress.other-host-header': [answers([200, ''], [200, ''])],
  'egress.budget': [unsandboxed, answers([413, ''], [413, ''])],
  'egress.name-unresolved': [
    lies({ exitCode: 0, stdout: '3' }),
    lies({ exitCode: 0, stdout: '0' }),
  ],
  'egress.name-refused': [unsandboxed, answers([403, refusal])],
  'egress.denials-apart': [unsandboxed, answers([403, refusal], [403, refusal])],
  'egress.denials-background': [lies()],
  'egress.address-literals': [unsandboxed, answers([403, refusal])],
  'egress.socks': [unsandboxed, lies({ exitCode: 0, stdout: '[0, 2, 2, 2, 2]' })],
  'egress.nothing-around': [unsandboxed],
  'egress.no-datagrams': [unsandboxed],
  'egress.sandboxes-apart': [
    unsandboxed,
    answers([200, 'GET served.good.test/ was here'], [200, '']),
  ],
  'egress.doors-held': [unsandboxed],
  'egress.doors-survive': [lies()],
  'egress.key-unseen': [lies({ exitCode: 0, stdout: '[]' })],
  'egress.authorities-apart': [lies({ exitCode: 0, stdout: '[true, true]' })],
  'egress.update-removes': [unsandboxed],
  'egress.update-adds': [answers([200, ''], [200, '']), answers([403, refusal], [403, refusal])],
  'egress.destroy': [unsandboxed],
  'credentials.dummy-inside': [unsandboxed, lies({ exitCode: 0, stdout: '[]' })],
  'credentials.added': [
    unsandboxed,
    answers(
      [200, 'GET served.good.test/ was here'],
      [200, 'GET served.good.test/ was here'],
      [200, 'GET served.good.test/ was here'],
    ),
  ],
  'credentials.foreign-refused': [unsandboxed, answers([200, ''], [200, ''], [200, ''], [200, ''])],
  'credentials.dummy-misused': [unsandboxed, answers([200, ''], [200, ''])],
  'credentials.canary': [unsandboxed, answers([200, ''], [200, ''])],
  'credentials.echo-redacted': [unsandboxed, answers([200, 'GET served.good.test/echo was here'])],
  'credentials.rotate': [unsandboxed, answers([200, 'GET served.good.test/ was here'])],
  'credentials.revoke': [unsandboxed, answers([403, refusal])],
  'limits.pids': [lies({ exitCode: 1 })],
  'limits.memory': [lies()],
  'limits.disk-tmp': [lies()],
  'limits.disk-overlay': [lies()],
  'limits.output': [liesThough({ exitCode: 0, stdout: '500000' })],
  'limits.time': [liesThough()],
  'limits.open-files': [unsandboxed],
  'limits.none-told': [broken('invents-limits')],
  'streams.gigabyte': [broken('drops-bytes')],
  'streams.backpressure': [broken('ignores-credit')],
  'streams.stdin-echo': [broken('drops-bytes')],
  'streams.apart': [broken('swaps-streams')],
  'streams.order': [broken('delays-stderr')],
  'streams.text': [broken('writes-ascii-only')],
  'streams.truncated': [broken('drops-bytes')],
  'streams.stdin': [broken('withholds-stdin')],
  'streams.many': [liesThough()],
  'terminal.is-one': [unsandboxed],
  'terminal.resize': [lies()],
  'terminal.input': [lies()],
  'terminal.no-injection': [unsandboxed],
  'terminal.refused': [ignoresTerminals],
  'environment.nothing-inherited': [broken('inherits-environment')],
  'environment.policy': [broken('ignores-environment')],
  'environment.hostname': [unsandboxed],
  'environment.identity': [liesThough()],
  'lifecycle.destroy-twice': [liesThough({ exitCode: 1 })],
  'lifecycle.destroy-during-run': [broken('kills-leader-only')],
  'lifecycle.abort-creation': [broken('leaves-processes')],
  'lifecycle.every-state': [broken('fails-file-calls')],
  'lifecycle.many': [unsandboxed],
  'lifecycle.nothing-left': [broken('leaves-processes')],
  'lifecycle.no-temp-left': [broken('leaves-temp')],
  'denials.read-mount': [unsandboxed],
  'denials.protected': [unsandboxed],
  'denials.denied': [unsandboxed],
  'denials.outside': [unsandboxed],
  'denials.plain-missing': [liesThough(readOnlyReport)],
  'denials.own-permissions': [liesThough(readOnlyReport)],
}
