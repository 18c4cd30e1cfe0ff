import assert from 'node:assert/strict'
import { arch } from 'node:os'
import { skip, type Behaviour } from '../behaviour.ts'
import { perl, printed, refused, scene, shell } from '../inside.ts'

const area = 'namespaces'

/** Numbers of system calls, which Perl needs: x86-64 and arm64. */
const callNumbers: Readonly<Record<string, readonly [number, number]>> = {
  unshare: [272, 97],
  bpf: [321, 280],
  io_uring_setup: [425, 425],
  userfaultfd: [323, 282],
  perf_event_open: [298, 241],
  add_key: [248, 217],
  open_by_handle_at: [304, 265],
  fsopen: [430, 430],
  open_tree: [428, 428],
  init_module: [175, 105],
}

/** Makes a system call with four zeroes or the given numbers; prints the errno. */
const callProgram = `
my ($n, @a) = map { $_ + 0 } @ARGV; push @a, 0 while @a < 5;
my $r = syscall($n, @a); print $r >= 0 ? 0 : $! + 0;
`

/** EPERM and ENOSYS: refused without a look at the arguments. EACCES: by a rule of the kernel. */
const refusedErrnos = ['1', '13', '38']

function numberOf(call: string): string {
  const columns: Readonly<Record<string, number>> = { x64: 0, arm64: 1 }
  const column = columns[arch()] ?? skip(`system call numbers are not known on ${arch()}`)
  return String(callNumbers[call]?.[column] ?? assert.fail(call))
}

/** The flags of clone(2) that make a namespace. */
const namespaceFlags: Readonly<Record<string, number>> = {
  user: 0x1000_0000,
  mount: 0x0002_0000,
  process: 0x2000_0000,
  network: 0x4000_0000,
  ipc: 0x0800_0000,
  cgroup: 0x0200_0000,
}

/** Mounting programs with what undoes them, in case they succeed. `$1` is a folder. */
const mountings: readonly string[] = [
  'mount -t tmpfs none "$1" && umount "$1"',
  'mount --bind / "$1" && umount "$1"',
  'mount -t proc proc "$1" && umount "$1"',
  'chroot / true',
]

/** Ways to build a new view of the machine, all refused. */
export const namespaceBehaviours: readonly Behaviour[] = [
  {
    id: 'namespaces.unshare',
    area,
    tools: ['perl'],
    title: 'refuses to make any namespace, a user namespace first of all',
    async run(context) {
      const sandbox = await context.createSandbox({})
      for (const [name, flag] of Object.entries(namespaceFlags)) {
        const result = await perl(sandbox, callProgram, {
          args: [numberOf('unshare'), String(flag)],
        })
        assert.notEqual(printed(result), '0', `a ${name} namespace was made`)
      }
      for (const flag of ['-U', '-Ur', '-Urm', '-m', '-n', '-Urpf']) {
        refused(await shell(sandbox, 'unshare "$1" true', { args: [flag] }), `unshare ${flag}`)
      }
    },
  },
  {
    id: 'namespaces.mount',
    area,
    title: 'refuses to mount, to bind and to change the root',
    async run(context) {
      const { project } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      printed(await shell(sandbox, 'mkdir "$1/here"', { args: [project] }))
      for (const act of mountings) {
        refused(await shell(sandbox, act, { args: [`${project}/here`] }), act)
      }
    },
  },
  {
    id: 'namespaces.uncover',
    area,
    title: 'refuses to unmount what covers denied files and to remount what is read-only',
    hazard: true,
    async run(context) {
      const { project, outside, secret } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: {
          mounts: [
            { source: project, access: 'read' },
            { source: outside, access: 'write' },
          ],
          deny: ['secret'],
        },
      })
      printed(await shell(sandbox, 'cat "$1/file" && ls "$2"', { args: [project, outside] }))
      for (const act of [
        'umount "$2/secret"',
        'umount -l "$2/secret"',
        'umount "$2"',
        'mount -o remount,rw "$1"',
        'mount -o remount,bind,rw "$1"',
        'mount -o remount,rw /',
      ]) {
        refused(await shell(sandbox, act, { args: [project, outside] }), act)
      }
      assert.ok(
        !(await shell(sandbox, 'cat "$2/secret"', { args: [project, outside] })).output.includes(
          secret,
        ),
      )
    },
  },
  {
    id: 'namespaces.join',
    area,
    title: 'refuses to enter the namespaces of another process',
    async run(context) {
      const sandbox = await context.createSandbox({})
      for (const flag of ['-m', '-n', '-i', '-p', '-u']) {
        refused(await shell(sandbox, 'nsenter -t 1 "$1" true', { args: [flag] }), `nsenter ${flag}`)
      }
    },
  },
  {
    id: 'namespaces.kernel-settings',
    area,
    tools: ['perl'],
    title: 'refuses to open the settings of the kernel for writing',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const program = 'open(F, "+<", $ARGV[0]) or exit 1'
      for (const name of [
        'kernel/core_pattern',
        'kernel/hostname',
        'kernel/modprobe',
        'vm/drop_caches',
        'fs/file-max',
        'net/ipv4/ip_forward',
        'kernel/randomize_va_space',
      ]) {
        refused(await perl(sandbox, program, { args: [`/proc/sys/${name}`] }), name)
      }
      refused(await perl(sandbox, program, { args: ['/proc/sysrq-trigger'] }), 'sysrq-trigger')
      refused(
        await shell(sandbox, 'ls /sys/kernel/* /sys/fs/cgroup/* 2>/dev/null | grep -q .'),
        'listing /sys',
      )
    },
  },
  {
    id: 'namespaces.kernel-interfaces',
    area,
    tools: ['perl'],
    title: 'refuses the system calls that widen the attack surface of the kernel',
    async run(context) {
      const sandbox = await context.createSandbox({})
      printed(
        await perl(sandbox, 'exit(1) if syscall($ARGV[0], 0) < 0', {
          args: [arch() === 'x64' ? '39' : '172'],
        }),
      )
      for (const call of Object.keys(callNumbers).filter((name) => name !== 'unshare')) {
        const errno = printed(await perl(sandbox, callProgram, { args: [numberOf(call)] }))
        assert.ok(refusedErrnos.includes(errno), `${call} answered errno ${errno}`)
      }
    },
  },
]
