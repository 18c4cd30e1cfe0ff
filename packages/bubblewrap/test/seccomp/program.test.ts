import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { type Architecture, seccompProgram } from '../../dist/seccomp/program.js'
import { arm64SystemCalls } from '../../dist/seccomp/syscalls-arm64.js'
import { x64SystemCalls } from '../../dist/seccomp/syscalls-x64.js'
import { argumentRules, refusedGroups } from '../../dist/seccomp/table.js'
import { interpret, verdictName } from './interpret.ts'

const numbers = { x64: x64SystemCalls, arm64: arm64SystemCalls }
const audit = { x64: 0xc000003e, arm64: 0xc00000b7 }
const i386 = 0x40000003
const EPERM = 1
const ENOSYS = 38
const EPROTONOSUPPORT = 93
const EAFNOSUPPORT = 97

function decide(
  architecture: Architecture,
  call: { name?: string; number?: number; args?: number[]; audit?: number },
  unixSockets = true,
): string | number {
  const number = call.number ?? numbers[architecture][call.name ?? '']
  if (number === undefined) throw new Error(`no number for ${call.name}`)
  const program = seccompProgram(architecture, unixSockets)
  return verdictName(
    interpret(program, {
      number,
      architecture: call.audit ?? audit[architecture],
      args: call.args ?? [],
    }),
  )
}

const table: [name: string, args: number[], expected: string | number, why: string][] = [
  ['unshare', [0], EPERM, 'any unshare'],
  ['setns', [3, 0], EPERM, 'joining namespaces'],
  ['clone3', [], ENOSYS, 'so that libc falls back'],
  ['clone', [0x11], 'allow', 'fork'],
  ['clone', [0x3d0f00], 'allow', 'a thread'],
  ['clone', [0x10000011], EPERM, 'CLONE_NEWUSER'],
  ['clone', [0x00020011], EPERM, 'CLONE_NEWNS'],
  ['clone', [0x02000011], EPERM, 'CLONE_NEWCGROUP'],
  ['clone', [0x04000011], EPERM, 'CLONE_NEWUTS'],
  ['clone', [0x08000011], EPERM, 'CLONE_NEWIPC'],
  ['clone', [0x20000011], EPERM, 'CLONE_NEWPID'],
  ['clone', [0x40000011], EPERM, 'CLONE_NEWNET'],
  ['mount', [], EPERM, 'mounting'],
  ['open_tree', [], EPERM, 'the new mount calls too'],
  ['open_by_handle_at', [], EPERM, 'files by number'],
  ['keyctl', [], EPERM, 'keyrings'],
  ['io_uring_setup', [], ENOSYS, 'callers fall back'],
  ['io_setup', [65536, 0], ENOSYS, 'contexts are counted for the whole machine'],
  ['bpf', [], EPERM, 'kernel programs'],
  ['ioctl', [0, 0x5412], EPERM, 'TIOCSTI'],
  ['ioctl', [0, 0x1_0000_5412], EPERM, 'TIOCSTI with a high word that the kernel ignores'],
  ['ioctl', [0, 0x541c], EPERM, 'TIOCLINUX'],
  ['ioctl', [0, 0x5423], EPERM, 'TIOCSETD'],
  ['ioctl', [0, 0x5401], 'allow', 'TCGETS'],
  ['personality', [0], 'allow', 'PER_LINUX'],
  ['personality', [0xffffffff], 'allow', 'the query'],
  ['personality', [0x40000], 'allow', 'ADDR_NO_RANDOMIZE, for debuggers'],
  ['personality', [0x400000], EPERM, 'READ_IMPLIES_EXEC'],
  ['fchmod', [3, 0o755], 'allow', 'ordinary bits'],
  ['fchmod', [3, 0o4755], EPERM, 'set-user-id'],
  ['fchmodat', [-100, 0, 0o2755], EPERM, 'set-group-id'],
  ['fchmodat2', [-100, 0, 0o4755], EPERM, 'the newest of them'],
  ['openat', [-100, 0, 0x41, 0o644], 'allow', 'making an ordinary file'],
  ['openat', [-100, 0, 0x41, 0o4755], EPERM, 'making a set-user-id file'],
  ['openat', [-100, 0, 0x410001, 0o2755], EPERM, 'making a nameless set-group-id file'],
  ['openat', [-100, 0, 0, 0o6000], 'allow', 'opening: the mode is not looked at'],
  ['openat2', [-100, 0, 0, 24], ENOSYS, 'its mode lies in memory'],
  ['mknodat', [-100, 0, 0o104755, 0], EPERM, 'a set-user-id file'],
  ['mknodat', [-100, 0, 0o10644, 0], 'allow', 'a FIFO'],
  ['prlimit64', [0, 7], 'allow', 'its own limits, as libc asks for them'],
  ['prlimit64', [1, 7], EPERM, 'the limits of init'],
  ['socket', [1, 1, 0], 'allow', 'AF_UNIX'],
  ['socket', [2, 1, 6], 'allow', 'TCP'],
  ['socket', [10, 2, 0], 'allow', 'UDP over IPv6'],
  ['socket', [2, 1, 262], EPROTONOSUPPORT, 'MPTCP'],
  ['socket', [2, 1, 132], EPROTONOSUPPORT, 'SCTP'],
  ['socket', [16, 3, 0], 'allow', 'NETLINK_ROUTE, for getifaddrs'],
  ['socket', [16, 3, 9], EAFNOSUPPORT, 'NETLINK_AUDIT'],
  ['socket', [40, 1, 0], EAFNOSUPPORT, 'AF_VSOCK'],
  ['socket', [38, 5, 0], EAFNOSUPPORT, 'AF_ALG'],
  ['socket', [17, 3, 0], EAFNOSUPPORT, 'AF_PACKET'],
  ['socketpair', [1, 2, 0], 'allow', 'a local pair'],
  ['socketpair', [30, 1, 0], EAFNOSUPPORT, 'AF_TIPC'],
]

const withoutUnixSockets: [name: string, args: number[], expected: string | number, why: string][] =
  [
    ['socket', [1, 1, 0], EPERM, 'AF_UNIX'],
    ['socket', [2, 1, 0], 'allow', 'TCP stays'],
    ['socketpair', [1, 0x80801, 0], 'allow', 'a stream pair cannot be connected elsewhere'],
    ['socketpair', [1, 2, 0], EPERM, 'a datagram pair can'],
    ['socketpair', [1, 5, 0], EPERM, 'a sequenced pair is not needed'],
  ]

describe('seccompProgram', () => {
  for (const architecture of ['x64', 'arm64'] as const) {
    describe(architecture, () => {
      for (const [name, args, expected, why] of table)
        it(`answers ${name}(${args.join(', ')}) with ${expected}: ${why}`, () => {
          expect(decide(architecture, { name, args })).to.equal(expected)
        })

      for (const [name, args, expected, why] of withoutUnixSockets)
        it(`answers ${name}(${args.join(', ')}) with ${expected} without Unix sockets: ${why}`, () => {
          expect(decide(architecture, { name, args }, false)).to.equal(expected)
        })

      it('refuses every listed call and allows every other number', () => {
        const listed = new Map<number, string>(
          Object.entries(numbers[architecture]).map(([name, number]) => [number, name]),
        )
        const refused = new Set(refusedGroups.flatMap((group) => group.systemCalls))
        for (let number = 0; number < 600; number++) {
          const name = listed.get(number)
          const answer = decide(architecture, { number, args: [2, 0, 0] })
          if (name !== undefined && refused.has(name))
            expect([EPERM, ENOSYS], name).to.include(answer)
          else if (name === undefined) expect(answer, `${number}`).to.equal('allow')
        }
      })

      it("ends a process that enters through another architecture's door", () => {
        expect(decide(architecture, { number: 4, audit: i386 })).to.equal('kill')
      })
    })
  }

  it('does not know the x32 calls on x86-64', () => {
    expect(decide('x64', { number: 0x40000000 | 1 })).to.equal(ENOSYS)
    expect(decide('x64', { number: 0xffffffff })).to.equal(ENOSYS)
  })

  it('refuses set-id bits through the old chmod of x86-64', () => {
    expect(decide('x64', { name: 'chmod', args: [0, 0o4755] })).to.equal(EPERM)
    expect(decide('x64', { name: 'chmod', args: [0, 0o755] })).to.equal('allow')
  })

  it('refuses set-id bits through the old calls of x86-64 that make files', () => {
    expect(decide('x64', { name: 'open', args: [0, 0x41, 0o4755] })).to.equal(EPERM)
    expect(decide('x64', { name: 'open', args: [0, 0x41, 0o644] })).to.equal('allow')
    expect(decide('x64', { name: 'open', args: [0, 0, 0o4755] })).to.equal('allow')
    expect(decide('x64', { name: 'creat', args: [0, 0o4755] })).to.equal(EPERM)
    expect(decide('x64', { name: 'mknod', args: [0, 0o104755, 0] })).to.equal(EPERM)
  })

  it('stays far below the 4096 instructions that the kernel takes', () => {
    expect(seccompProgram('x64', true).length / 8).to.be.lessThan(512)
  })
})

describe('the number tables', () => {
  const named = new Set(
    [...refusedGroups, ...argumentRules(true)].flatMap((entry) => entry.systemCalls),
  )

  it('hold exactly the calls that the table names', () => {
    expect(Object.keys({ ...x64SystemCalls, ...arm64SystemCalls }).sort()).to.deep.equal(
      [...named].sort(),
    )
  })

  const reason = (header: string) => (existsSync(header) ? '' : ` (skipped: no ${header} here)`)
  const headers = [
    ['x64', '/usr/include/x86_64-linux-gnu/asm/unistd_64.h', x64SystemCalls],
    ['arm64', '/usr/include/asm-generic/unistd.h', arm64SystemCalls],
  ] as const
  for (const [architecture, header, ours] of headers)
    it(`agree with the kernel's header on ${architecture}${reason(header)}`, function () {
      if (reason(header) !== '') this.skip()
      const lines = readFileSync(header, 'utf8').matchAll(/#define __NR(?:3264)?_(\w+) (\d+)/g)
      const theirs = new Map([...lines].map(([, name, number]) => [name, Number(number)]))
      for (const [name, number] of Object.entries(ours))
        if (theirs.has(name)) expect(theirs.get(name), name).to.equal(number)
    })
})
