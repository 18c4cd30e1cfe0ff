import assert from 'node:assert/strict'
import type { Behaviour } from '../behaviour.ts'
import { perl, printed, rejectsWith, shell } from '../inside.ts'
import type { SandboxProcess } from '@caisson/core'

const area = 'terminal'
const requires = ['pty'] as const
const terminal = { columns: 80, rows: 24 }

/** Reads until the text holds the pattern. */
async function readUntil(running: SandboxProcess, pattern: RegExp): Promise<string> {
  const reader = running.stdout.getReader()
  let all = ''
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    all += new TextDecoder().decode(step.value)
    if (pattern.test(all)) break
  }
  reader.releaseLock()
  assert.match(all, pattern)
  return all
}

/** Commands that talk to a person. */
export const terminalBehaviours: readonly Behaviour[] = [
  {
    id: 'terminal.is-one',
    area,
    requires,
    title: 'gives a command a terminal of the wanted size when asked, and none otherwise',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const script = '[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && stty size'
      assert.equal(printed(await shell(sandbox, script, { options: { terminal } })).trim(), '24 80')
      assert.notEqual((await shell(sandbox, script)).exitCode, 0)
    },
  },
  {
    id: 'terminal.resize',
    area,
    requires,
    title: 'tells the command when its terminal is resized',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const script = 'trap "stty size; exit 0" WINCH; echo ready; while :; do sleep 0.05; done'
      const running = await sandbox.spawn(['/bin/sh', '-c', script], { terminal })
      await readUntil(running, /ready/)
      running.resize({ columns: 132, rows: 50 })
      await readUntil(running, /50 132/)
      assert.equal((await running.wait()).exitCode, 0)
    },
  },
  {
    id: 'terminal.input',
    area,
    requires,
    title: 'passes keys to the command, and makes the interrupt key a signal',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const script =
        'trap "echo interrupted; exit 9" INT; read line; echo "got $line"; while :; do sleep 0.05; done'
      const running = await sandbox.spawn(['/bin/sh', '-c', script], { terminal })
      const writer = (running.stdin ?? assert.fail('the command has no stdin')).getWriter()
      await writer.write(new TextEncoder().encode('hello\n'))
      await readUntil(running, /got hello/)
      await writer.write(new Uint8Array([3]))
      await readUntil(running, /interrupted/)
      assert.equal((await running.wait()).exitCode, 9)
    },
  },
  {
    id: 'terminal.no-injection',
    area,
    requires,
    tools: ['perl'],
    title: 'refuses to push keys into a terminal for whoever reads next',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const tiocsti = 0x5412
      const program =
        '-t STDIN or die "no terminal"; my $c = "x"; exit(ioctl(STDIN, $ARGV[0], $c) ? 0 : 7)'
      const result = await perl(sandbox, program, {
        args: [String(tiocsti)],
        options: { terminal },
      })
      assert.equal(result.exitCode, 7, result.stdout)
    },
  },
  {
    id: 'terminal.refused',
    area,
    lacks: requires,
    title: 'refuses a terminal that it cannot give',
    async run(context) {
      const sandbox = await context.createSandbox({})
      await rejectsWith(shell(sandbox, ':', { options: { terminal } }), [
        'POLICY_UNSUPPORTED',
        'SPAWN_FAILED',
      ])
    },
  },
]
