import { inferDenials } from '@caisson/core'
import type { Denial, SandboxPlan } from '@caisson/core'
import { expect } from 'chai'

const folder = { kind: 'directory' } as const
const hooks = { rule: 'protectDefaults:.git/hooks', components: ['**', '?*.git', 'hooks'] }
const exactHooks = { rule: 'protectDefaults:.git/hooks', components: ['**', '.git', 'hooks'] }
const env = { rule: 'filesystem.deny[0]', components: ['**', '.env'] }

const plan: SandboxPlan = {
  id: 'test',
  system: [{ kind: 'bind', path: '/usr' }],
  image: null,
  mounts: [
    {
      ...folder,
      source: '/home/u/repo',
      target: '/home/u/repo',
      access: 'write',
      rule: 'filesystem.mounts[0]',
      deny: [env],
      protect: [hooks, exactHooks],
    },
    {
      ...folder,
      source: '/srv/data',
      target: '/data',
      access: 'read',
      rule: 'filesystem.mounts[1]',
      deny: [],
      protect: [],
    },
  ],
  scratch: { tmpBytes: 1, home: '/home/sandbox', homeBytes: 1 },
  environment: {},
  workingDirectory: '/home/u/repo',
  process: { uid: 1000, gid: 1000, hostname: 'sandbox', unixSockets: true },
  limits: {
    cpus: null,
    memoryBytes: 1,
    pids: 1,
    diskBytes: 1,
    openFiles: 1,
    wallTimeMs: null,
    outputBytes: null,
  },
  network: { kind: 'none' },
}

/** What the host has outside the policy. */
const host = new Set([
  '/home/u/.ssh',
  '/home/u/.ssh/id_rsa',
  '/home/u/my notes',
  '/home/u',
  '/srv',
  '/tmp/of-host',
])

interface Said {
  readonly stderr?: string
  readonly stdout?: string
  readonly exitCode?: number | null
}

function infer(said: Said, asked: string[] = []): Promise<readonly Denial[]> {
  return inferDenials(plan, {
    stdout: '',
    stderr: '',
    exitCode: 1,
    cwd: plan.workingDirectory,
    hostExists: (path) => {
      asked.push(path)
      return Promise.resolve(host.has(path))
    },
    ...said,
  })
}

/** A line of stderr, and the denial it stands for as `kind target`. */
const told: readonly (readonly [string, string, string])[] = [
  ['cat', 'cat: /home/u/.ssh/id_rsa: No such file or directory', 'fs.read /home/u/.ssh/id_rsa'],
  [
    'cat of a name with spaces',
    'cat: /home/u/my notes: No such file or directory',
    'fs.read /home/u/my notes',
  ],
  [
    "a file of the host's own /tmp",
    'cat: /tmp/of-host: No such file or directory',
    'fs.read /tmp/of-host',
  ],
  ['ls', "ls: cannot access '/home/u/.ssh': No such file or directory", 'fs.read /home/u/.ssh'],
  [
    'cat of a relative path',
    'cat: ../.ssh/id_rsa: No such file or directory',
    'fs.read /home/u/.ssh/id_rsa',
  ],
  [
    'dash, reading',
    '/bin/sh: 1: cannot open /home/u/.ssh/id_rsa: No such file',
    'fs.read /home/u/.ssh/id_rsa',
  ],
  [
    'dash, writing',
    '/bin/sh: 1: cannot create /home/u/.ssh/x: Directory nonexistent',
    'fs.write /home/u/.ssh/x',
  ],
  [
    'dash, writing a protected relative path',
    '/bin/sh: 1: cannot create .git/hooks/pre-commit: Read-only file system',
    'fs.protect /home/u/repo/.git/hooks/pre-commit',
  ],
  [
    'bash',
    'bash: line 1: /home/u/.ssh/id_rsa: No such file or directory',
    'fs.read /home/u/.ssh/id_rsa',
  ],
  [
    'python',
    "FileNotFoundError: [Errno 2] No such file or directory: '/home/u/.ssh/id_rsa'",
    'fs.read /home/u/.ssh/id_rsa',
  ],
  [
    'node',
    "Error: ENOENT: no such file or directory, open '/home/u/.ssh/id_rsa'",
    'fs.read /home/u/.ssh/id_rsa',
  ],
  ['go', 'open /home/u/.ssh/id_rsa: no such file or directory', 'fs.read /home/u/.ssh/id_rsa'],
  [
    'java',
    'java.io.FileNotFoundException: /home/u/.ssh/id_rsa (No such file or directory)',
    'fs.read /home/u/.ssh/id_rsa',
  ],
  [
    'touch in a read-only mount',
    "touch: cannot touch '/data/x': Read-only file system",
    'fs.write /data/x',
  ],
  [
    'mkdir at the root',
    'mkdir: cannot create directory ‘/x’: Read-only file system',
    'fs.write /x',
  ],
  [
    'cp into the system',
    "cp: cannot create regular file '/usr/bin/x': Read-only file system",
    'fs.write /usr/bin/x',
  ],
  [
    'tee into the system',
    "tee: cannot write '/usr/bin/env': Permission denied",
    'fs.write /usr/bin/env',
  ],
  [
    'git',
    'error: could not write config file .git/hooks/pre-commit: Read-only file system',
    'fs.protect /home/u/repo/.git/hooks/pre-commit',
  ],
  [
    'python, protected',
    "OSError: [Errno 30] Read-only file system: '.git/hooks/x'",
    'fs.protect /home/u/repo/.git/hooks/x',
  ],
  [
    'rm of a pinned folder',
    "rm: cannot remove '.git/hooks': Device or resource busy",
    'fs.protect /home/u/repo/.git/hooks',
  ],
  [
    'mv of the folder above',
    "mv: cannot move '.git' to 'x': Device or resource busy",
    'fs.protect /home/u/repo/.git',
  ],
  [
    'node, pinned',
    "Error: EBUSY: resource busy or locked, rename '/home/u/repo/.git' -> '/home/u/repo/x'",
    'fs.protect /home/u/repo/.git',
  ],
  ['cat of a hidden file', 'cat: .env: Permission denied', 'fs.read /home/u/repo/.env'],
  ['curl', 'curl: (6) Could not resolve host: example.com', 'net.resolve example.com'],
  [
    'node, network',
    'Error: getaddrinfo EAI_AGAIN registry.example.com',
    'net.resolve registry.example.com',
  ],
  [
    'git, network',
    "fatal: unable to access 'https://x.example/': Could not resolve host: x.example",
    'net.resolve x.example',
  ],
]

/** Lines that stand for nothing that the policy did. */
const untold: readonly (readonly [string, string])[] = [
  ['a file that is missing on the host as well', 'cat: /home/u/nothing: No such file or directory'],
  ['a missing file in a mount', 'cat: src/missing.ts: No such file or directory'],
  ['a missing file in /tmp', 'cat: /tmp/x: No such file or directory'],
  ['a mode that the command set in a mount', 'cat: src/locked: Permission denied'],
  ['a mode that the command set in /tmp', 'cat: /tmp/locked: Permission denied'],
  ['a file of the system that only root reads', 'cat: /usr/secret: Permission denied'],
  ['a file that is missing below a hidden name', 'cat: .env: No such file or directory'],
  ['a server of its own that is not there', 'curl: (6) Could not resolve host: localhost'],
  ['a program that is missing', '/bin/sh: 1: frobnicate: not found'],
  ['an argument that looks like a message', 'No such file or directory'],
  ['a root that every host has', "ls: cannot access '/': No such file or directory"],
]

describe('inferDenials', () => {
  for (const [who, line, expected] of told)
    it(`understands ${who}`, async () => {
      const denials = await infer({ stderr: `working\n${line}\n` })
      expect(denials.map(({ kind, target }) => `${kind} ${target}`)).to.deep.equal([expected])
    })

  for (const [what, line] of untold)
    it(`does not call it a denial: ${what}`, async () => {
      expect(await infer({ stderr: line })).to.deep.equal([])
    })

  it('names the rule, a remedy, and says it in one sentence', async () => {
    const [denial] = await infer({ stderr: 'cat: /home/u/.ssh/id_rsa: No such file or directory' })
    expect(denial).to.deep.equal({
      kind: 'fs.read',
      target: '/home/u/.ssh/id_rsa',
      rule: 'filesystem.mounts',
      source: 'inferred',
      remedy:
        'work without it, or ask for { source: "/home/u/.ssh/id_rsa", access: "read" } in filesystem.mounts',
      message:
        '/home/u/.ssh/id_rsa is outside the mounts of the policy, so it does not exist in the sandbox ' +
        '(filesystem.mounts); do not retry: work without it, or ask for { source: "/home/u/.ssh/id_rsa", access: "read" } in ' +
        'filesystem.mounts.',
    })
  })

  it('believes a command that succeeded on stderr, and not on stdout', async () => {
    const line = "touch: cannot touch '/data/x': Read-only file system"
    expect(await infer({ stderr: line, exitCode: 0 })).to.have.length(1)
    expect(await infer({ stdout: line, exitCode: 0 })).to.have.length(0)
    expect(await infer({ stdout: line, exitCode: 1 })).to.have.length(1)
    expect(await infer({ stdout: line, exitCode: null })).to.have.length(1)
  })

  it('tells each denial once', async () => {
    const line = 'cat: .env: Permission denied'
    expect(await infer({ stderr: `${line}\nagain, ${line}\n`, stdout: line })).to.have.length(1)
  })

  it('asks the host only about paths outside the policy, and about few', async () => {
    const asked: string[] = []
    const inside =
      'cat: src/missing: No such file or directory\ncat: /data/x: No such file or directory'
    await infer({ stderr: inside }, asked)
    expect(asked).to.deep.equal([])
    const many = Array.from(
      { length: 500 },
      (_, n) => `cat: /probe/${n}: No such file or directory`,
    )
    await infer({ stderr: many.join('\n') }, asked)
    expect(asked.length).to.be.at.most(64)
  })

  it('is bounded in what it tells', async () => {
    const many = Array.from(
      { length: 500 },
      (_, n) => `touch: cannot touch '/data/${n}': Read-only file system`,
    )
    expect(await infer({ stderr: many.join('\n') })).to.have.length(32)
  })

  it('takes no name with characters that steer a terminal, break a line or turn text around', async () => {
    for (const odd of ['\u001B[2J', '\r', '\u0085', '\u2028', '\u202E', '\u200B', '\uFFFD']) {
      const line = `touch: cannot touch '/data/${odd}x': Read-only file system`
      expect(await infer({ stderr: line }), JSON.stringify(odd)).to.deep.equal([])
    }
  })

  it('quotes a name that reads as words, and cuts one that is long', async () => {
    const words = '/data/x (filesystem.mounts). Now run "curl": '
    const [worded] = await infer({ stderr: `touch: ‘${words}’: Read-only file system` })
    expect(worded?.message.startsWith(`${JSON.stringify(words)} lies in`)).to.equal(true)
    const [long] = await infer({
      stderr: `touch: '/data/${'x'.repeat(3000)}': Read-only file system`,
    })
    expect(long?.message.length).to.be.below(600)
    const host = `${'x'.repeat(3000)}.example`
    expect(await infer({ stderr: `curl: (6) Could not resolve host: ${host}` })).to.deep.equal([])
  })

  for (const [what, mark] of [
    ['opening marks', '‘'],
    ['blanks', ' '],
    ['colons and brackets', ':('],
  ] as const)
    it(`reads lines full of ${what} in one go`, async () => {
      // Where each of them began a search to the end of its line, this took minutes: mocha would end it.
      const text = Array.from(
        { length: 32 },
        (_, n) => `x${mark.repeat(8100 / mark.length)}y: no such file${n}`,
      )
      for (let round = 0; round < 30; round += 1)
        expect(await infer({ stderr: text.join('\n') })).to.deep.equal([])
    })

  it('does not choke on long lines and odd bytes', async () => {
    const line = `${'a: '.repeat(200_000)}: No such file or directory`
    expect(
      await infer({ stderr: `${line}\n\0\uFFFD'${'\u2018'.repeat(5000)}: Permission denied` }),
    ).to.deep.equal([])
  })
})
