import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { platform } from 'node:os'
import { join } from 'node:path'
import { skip, type Behaviour } from '../behaviour.ts'
import { perl, printed, refused, shell } from '../inside.ts'

const area = 'ipc'

/**
 * Connects to the Unix socket `$ARGV[0]`, where `@` stands for the leading NUL of an abstract name,
 * which Node fills up to 108 bytes with more of them.
 */
const connectUnix = `
use Socket; my $n = $ARGV[0]; $n =~ s/^@/\\0/;
socket(S, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
my @forms = $n =~ /^\\0/ ? map { pack("S a$_", AF_UNIX, $n) } length($n), 108 : pack_sockaddr_un($n);
my $done = 0; for my $form (@forms) { $done ||= connect(S, $form) } $done or die "connect: $!";
print scalar <S>;
`

/** Serves one connection on the Unix socket `$ARGV[0]` and connects to it from a child. */
const talkToItself = `
use Socket; my $n = $ARGV[0];
socket(L, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
bind(L, pack_sockaddr_un($n)) or die "bind: $!"; listen(L, 1) or die;
unless (fork) { socket(C, AF_UNIX, SOCK_STREAM, 0); connect(C, pack_sockaddr_un($n)) or die; syswrite(C, "hello"); exit }
accept(A, L) or die; sysread(A, my $got, 5); print $got;
`

const systemVKinds = [
  { make: ['-M', '4096'], option: '-m', table: '/proc/sysvipc/shm' },
  { make: ['-Q'], option: '-q', table: '/proc/sysvipc/msg' },
  { make: ['-S', '1'], option: '-s', table: '/proc/sysvipc/sem' },
]

function onLinuxOnly(): void {
  if (platform() !== 'linux') skip(`this machine has no such thing: ${platform()}`)
}

/** Ways to talk that are not the network. */
export const ipcBehaviours: readonly Behaviour[] = [
  {
    id: 'ipc.system-v',
    area,
    title: 'keeps shared memory and message queues of the host out of sight',
    async run(context) {
      onLinuxOnly()
      for (const kind of systemVKinds) {
        const made = await context.hostProcesses.run('ipcmk', kind.make)
        const id = /(\d+)\s*$/.exec(made)?.[1] ?? assert.fail(made)
        context.defer(() => context.hostProcesses.run('ipcrm', [kind.option, id]))
        const listed = new RegExp(`^\\s*-?\\d+\\s+${id}\\s`, 'm')
        assert.match(await readFile(kind.table, 'utf8'), listed)
        const sandbox = await context.createSandbox({})
        assert.doesNotMatch(
          (await shell(sandbox, 'cat "$1"', { args: [kind.table] })).stdout,
          listed,
        )
      }
    },
  },
  {
    id: 'ipc.shared-memory-files',
    area,
    title: 'keeps files in the shared memory folder of the host out of sight',
    async run(context) {
      onLinuxOnly()
      const name = context.host.marker()
      await writeFile(join('/dev/shm', name), 'secret')
      context.defer(() => rm(join('/dev/shm', name)))
      const sandbox = await context.createSandbox({})
      refused(
        await shell(sandbox, 'cat "/dev/shm/$1"', { args: [name] }),
        'reading shared memory of the host',
      )
    },
  },
  {
    id: 'ipc.abstract-sockets',
    area,
    tools: ['perl'],
    title: 'cannot reach abstract Unix sockets of the host',
    async run(context) {
      onLinuxOnly()
      const name = context.host.marker()
      const listener = await context.hostListeners.unix(`\0${name}`)
      const sandbox = await context.createSandbox({})
      refused(await perl(sandbox, connectUnix, { args: [`@${name}`] }), 'connecting')
      assert.equal(listener.arrivals(), 0)
    },
  },
  {
    id: 'ipc.socket-files',
    area,
    tools: ['perl'],
    title: 'cannot reach Unix sockets of the host that lie outside the mounts',
    async run(context) {
      const outside = await context.folder('outside')
      const path = join(outside, 's')
      const listener = await context.hostListeners.unix(path)
      const sandbox = await context.createSandbox({})
      refused(await perl(sandbox, connectUnix, { args: [path] }), 'connecting')
      assert.equal(listener.arrivals(), 0)
    },
  },
  {
    id: 'ipc.unix-sockets-work',
    area,
    tools: ['perl'],
    title: 'lets processes inside talk over Unix sockets of their own',
    async run(context) {
      const sandbox = await context.createSandbox({})
      assert.equal(printed(await perl(sandbox, talkToItself, { args: ['/tmp/s'] })), 'hello')
      await shell(sandbox, 'rm -f /tmp/s')
    },
  },
  {
    id: 'ipc.unix-sockets-off',
    area,
    tools: ['perl'],
    title: 'refuses Unix sockets when the policy switches them off',
    async run(context) {
      const allowed = await context.createSandbox({})
      const program = 'use Socket; socket(S, AF_UNIX, SOCK_STREAM, 0) or exit 1'
      printed(await perl(allowed, program))
      const closed = await context.createSandbox({ process: { unixSockets: false } })
      refused(await perl(closed, program), 'making a Unix socket')
    },
  },
]
